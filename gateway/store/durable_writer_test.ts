import assert from "node:assert/strict";
import type { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import { Database } from "./database.ts";
import { DurableWriter } from "./durable_writer.ts";
import { newEvent, temporaryDatabasePath } from "./fixtures.ts";
import { EVENTS } from "./table_format.ts";

/** Has every statement that is prepared on the database's connections run in another way. */
function interceptStatements(
  database: Database,
  run: (statement: DuckDBPreparedStatement) => Promise<unknown>,
): Set<DuckDBConnection> {
  const open = new Set<DuckDBConnection>();
  const connect = database.connect.bind(database);
  database.connect = async () => {
    const connection = await connect();
    open.add(connection);
    const [prepare, close] = [
      connection.prepare.bind(connection),
      connection.closeSync.bind(connection),
    ];
    connection.prepare = async (sql) => {
      const statement = await prepare(sql);
      const original = { run: statement.run.bind(statement) } as DuckDBPreparedStatement;
      statement.run = () => run(original) as ReturnType<DuckDBPreparedStatement["run"]>;
      return statement;
    };
    connection.closeSync = () => {
      open.delete(connection);
      close();
    };
    return connection;
  };
  return open;
}

async function countEvents(database: Database): Promise<number> {
  const reader = await database.use((connection) =>
    connection.runAndReadAll("SELECT count(*) FROM events")
  );
  return Number(reader.value(0, 0));
}

/** A database and a writer of its events. */
async function withWriter(
  test: (writer: DurableWriter<ReturnType<typeof newEvent>>, database: Database) => Promise<void>,
): Promise<void> {
  const database = await Database.open({ path: ":memory:" });
  const writer = new DurableWriter(database, EVENTS);
  try {
    await test(writer, database);
  } finally {
    await writer.close();
    await database.close();
  }
}

Deno.test("DurableWriter fails when the disk is full, leaves nothing open, and goes on later", () =>
  withWriter(async (writer, database) => {
    let isFull = true;
    const open = interceptStatements(database, (statement) => {
      if (isFull) return Promise.reject(new Error("IO Error: no space left on device"));
      return statement.run();
    });
    await assert.rejects(writer.write([newEvent()]), /no space left/);
    assert.equal(open.size, 0);
    isFull = false;
    await writer.write([newEvent(), newEvent()]);
    assert.equal(await countEvents(database), 2);
  }));

Deno.test("DurableWriter succeeds when a commit fails that is durable already", () =>
  withWriter(async (writer, database) => {
    interceptStatements(database, async (statement) => {
      await statement.run();
      throw new Error("the checkpoint after the commit failed");
    });
    await writer.write([newEvent(), newEvent()]);
    assert.equal(await countEvents(database), 2);
  }));

Deno.test("DurableWriter does not write rows twice that were kept when nobody could tell", () =>
  withWriter(async (_writer, database) => {
    let isFull = true;
    interceptStatements(database, async (statement) => {
      await statement.run();
      if (isFull) throw new Error("the checkpoint after the commit failed");
    });
    const writer = new DurableWriter(database, {
      ...EVENTS,
      has(connection, row) {
        if (isFull) return Promise.reject(new Error("the database can't be read"));
        return EVENTS.has(connection, row);
      },
    });
    const rows = [newEvent(), newEvent()];
    await assert.rejects(writer.write(rows), /checkpoint/);
    isFull = false;
    await writer.write(rows);
    assert.equal(await countEvents(database), 2);
    await writer.write([newEvent()]);
    assert.equal(await countEvents(database), 3);
    await writer.close();
  }));

Deno.test("DurableWriter waits for memory", () =>
  withWriter(async (writer, database) => {
    const failures = [
      "Out of Memory Error: failed to pin block of size 256.0 KiB",
      "Failed to append: could not allocate block of size 4.0 KiB",
      "TransactionContext Error: Failed to commit: failed to pin block of size 256.0 KiB",
    ];
    interceptStatements(database, (statement) => {
      const failure = failures.shift();
      return failure === undefined ? statement.run() : Promise.reject(new Error(failure));
    });
    await writer.write([newEvent()]);
    assert.equal(await countEvents(database), 1);
  }));

Deno.test("DurableWriter has a database opened anew that has shut itself down, once", () =>
  withWriter(async (writer, database) => {
    const other = new DurableWriter(database, EVENTS);
    let isDown = true;
    let attempts = 0;
    interceptStatements(database, (statement) => {
      if (!isDown) return statement.run();
      attempts++;
      return Promise.reject(new Error("FATAL Error: the disk is full"));
    });
    const { generation } = database;
    const writes = [writer, other].map((each) =>
      assert.rejects(each.write([newEvent()]), /^Error: FATAL/)
    );
    await Promise.all(writes);
    assert.equal(attempts, 4, "each has tried it twice");
    assert.ok(database.generation > generation);
    isDown = false;
    await Promise.all([writer.write([newEvent()]), other.write([newEvent()])]);
    assert.equal(await countEvents(database), 2);
    await other.close();
  }));

Deno.test("DurableWriter folds a long log before it writes more", async () => {
  await using file = await temporaryDatabasePath();
  const database = await Database.open({ path: file.path });
  const writer = new DurableWriter(database, EVENTS);
  const logBytes = async () => (await Deno.stat(`${file.path}.wal`)).size;
  const text = "x".repeat(1 << 20);
  for (let i = 0; i < 40; i++) await writer.write([newEvent({ type: "Message", text })]);
  assert.ok(await logBytes() > 40 << 20);
  await writer.write([newEvent()]);
  assert.ok(await logBytes() < 1 << 20);
  await writer.close();
  await database.close();
});
