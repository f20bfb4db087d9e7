import assert from "node:assert/strict";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { tableFromIPC } from "apache-arrow";
import { QueryFailedError } from "../errors.ts";
import { ipcStream } from "./ipc_stream.ts";

async function withConnection(use: (connection: DuckDBConnection) => Promise<void>) {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  try {
    await use(await instance.connect());
  } finally {
    instance.closeSync();
  }
}

async function streamOf(connection: DuckDBConnection, sql: string) {
  return ipcStream(await connection.stream(sql), connection);
}

Deno.test("ipcStream is read again by apache-arrow, over several batches", async () => {
  await withConnection(async (connection) => {
    const sql =
      "SELECT i, 'text ' || i AS text, ['low', 'high'][i % 2 + 1]::ENUM('low', 'high') AS e " +
      "FROM range(300000) t(i)";
    const bytes = await new Response(await streamOf(connection, sql)).bytes();
    const table = tableFromIPC(bytes);
    assert.deepEqual([table.numRows, table.batches.length > 1], [300_000, true]);
    assert.deepEqual(table.get(299_999)!.toJSON(), { i: 299_999n, text: "text 299999", e: "high" });
  });
});

Deno.test("ipcStream of no rows has the schema and an end", async () => {
  await withConnection(async (connection) => {
    const bytes = await new Response(await streamOf(connection, "SELECT 1 AS i WHERE false"))
      .bytes();
    const table = tableFromIPC(bytes);
    assert.deepEqual([table.numRows, table.schema.names], [0, ["i"]]);
    assert.deepEqual([...bytes.subarray(-8)], [255, 255, 255, 255, 0, 0, 0, 0]);
  });
});

Deno.test("ipcStream fails with the query", async () => {
  await withConnection(async (connection) => {
    const sql =
      "SELECT CASE WHEN i < 1500000 THEN i ELSE error('broken') END FROM range(2000000) t(i)";
    const reader = (await streamOf(connection, sql)).getReader();
    const readAll = async () => {
      while (!(await reader.read()).done);
    };
    await assert.rejects(readAll(), QueryFailedError);
  });
});

Deno.test("ipcStream interrupts the query when it is cancelled in the middle of a read", async () => {
  await withConnection(async (connection) => {
    // After a million rows, two batches at most, it would go on for hours without another.
    const sql = "SELECT i FROM range(1000000000000) t(i) WHERE i < 1000000 OR sqrt(i) = -1";
    let interrupts = 0;
    const interrupt = () => {
      interrupts++;
      connection.interrupt();
    };
    const reader = ipcStream(await connection.stream(sql), { interrupt }).getReader();
    for (let bytes = 0; bytes < 4 << 20;) bytes += (await reader.read()).value!.length;
    const pending = reader.read();
    const cancelled = reader.cancel();
    assert.equal(interrupts, 1);
    await cancelled;
    assert.deepEqual(await pending, { done: true, value: undefined });
    const other = await connection.runAndReadAll("SELECT 42");
    assert.deepEqual(other.getRows(), [[42]]);
  });
});
