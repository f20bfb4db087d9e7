/**
 * Runs the query on standard input in an empty DuckDB, and writes its result to standard output as
 * an Arrow IPC stream.
 */
import { DuckDBInstance } from "@duckdb/node-api";
import { ipcStream } from "../gateway/store/arrow/ipc_stream.ts";

const sql = await new Response(Deno.stdin.readable).text();
const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
const connection = await instance.connect();
await ipcStream(await connection.stream(sql), connection).pipeTo(Deno.stdout.writable);
