import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Database, isFatal } from "./database.ts";
import { DatabaseOpenError, DatabaseTooNewError } from "./errors.ts";
import { DurableWriter } from "./durable_writer.ts";
import { newEvent, takeAway, temporaryDatabasePath } from "./fixtures.ts";
import { EVENTS } from "./table_format.ts";

async function run(database: Database, sql: string): Promise<unknown[][]> {
  const connection = await database.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRows();
  } finally {
    connection.closeSync();
  }
}

async function assertNotOpened(path: string, problem: RegExp): Promise<void> {
  await assert.rejects(Database.open({ path }), (error) => {
    assert.ok(error instanceof DatabaseOpenError);
    assert.match(error.message, problem);
    assert.match(error.hint, /--db-path/);
    return true;
  });
}

Deno.test("Database makes the file, and the folders that lead to it", async () => {
  await using file = await temporaryDatabasePath();
  const path = `${file.path}.d/deeper/collider.db`;
  try {
    const database = await Database.open({ path });
    assert.equal(database.inMemory, false);
    await database.close();
    assert.ok((await Deno.stat(path)).isFile);
  } finally {
    await Deno.remove(`${file.path}.d`, { recursive: true });
  }
});

Deno.test("Database keeps what was committed", async () => {
  await using file = await temporaryDatabasePath();
  const first = await Database.open({ path: file.path });
  await run(first, "INSERT INTO config VALUES (now(), 'key', 'value')");
  await first.close();
  const second = await Database.open({ path: file.path });
  assert.deepEqual(await run(second, "SELECT value FROM config"), [["value"]]);
  await second.close();
});

Deno.test("Database says so when another process has it open", async () => {
  await using file = await temporaryDatabasePath();
  const script = `
    import { Database } from "${import.meta.resolve("./database.ts")}";
    await Database.open({ path: ${JSON.stringify(file.path)} });
    await Deno.stdout.write(new TextEncoder().encode("open"));
    await Deno.stdin.read(new Uint8Array(1));`;
  await using other = new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = other.stdout.getReader();
  await output.read();
  await assertNotOpened(file.path, /locked by another process/);
  await other.stdin.close();
  await output.cancel();
});

Deno.test("Database deletes what a killed process had put on the disk, and nothing else", async () => {
  await using file = await temporaryDatabasePath();
  const spills = `${file.path}.tmp`;
  const names = async () => (await Array.fromAsync(Deno.readDir(spills))).map(({ name }) => name);
  const script = `
    import { Database } from "${import.meta.resolve("./database.ts")}";
    const database = await Database.open({ path: ${JSON.stringify(file.path)} });
    await database.use((connection) =>
      connection.run("CREATE TEMP TABLE t AS SELECT uuid() AS id FROM range(100_000_000) ORDER BY id")
    );`;
  {
    await using other = new Deno.Command(Deno.execPath(), { args: ["eval", script] }).spawn();
    while ((await names().catch(() => [])).length === 0) await delay(10);
    other.kill("SIGKILL");
    await other.status;
  }
  assert.notEqual((await names()).length, 0);
  await Deno.writeTextFile(`${spills}/notes.txt`, "");
  await (await Database.open({ path: file.path })).close();
  assert.deepEqual(await names(), ["notes.txt"]);
  await Deno.remove(`${spills}/notes.txt`);
  await (await Database.open({ path: file.path })).close();
  await assert.rejects(Deno.stat(spills), Deno.errors.NotFound);
});

Deno.test("Database leaves a file alone that is no database", async () => {
  await using file = await temporaryDatabasePath();
  const text = "not a database\n".repeat(1_000);
  await Deno.writeTextFile(file.path, text);
  await assertNotOpened(file.path, /is not a DuckDB database/);
  assert.equal(await Deno.readTextFile(file.path), text);
});

Deno.test("Database says so when its folder can't be made", async () => {
  await using file = await temporaryDatabasePath();
  await Deno.writeTextFile(file.path, "");
  await assertNotOpened(`${file.path}/collider.db`, /can't be opened/);
});

Deno.test("Database refuses a file that a newer program has written", async () => {
  await using file = await temporaryDatabasePath();
  const database = await Database.open({ path: file.path });
  await run(database, "INSERT INTO migrations VALUES (9999, now())");
  await database.close();
  await assert.rejects(Database.open({ path: file.path }), DatabaseTooNewError);
});

/** Has DuckDB's instance shut itself down, as far as the database can tell. */
async function failFatally(database: Database): Promise<void> {
  const failure = new Error("FATAL Error: the disk is full");
  await assert.rejects(database.use(() => Promise.reject(failure)), failure);
}

Deno.test("Database is opened anew after a fatal error", async () => {
  await using file = await temporaryDatabasePath();
  const database = await Database.open({ path: file.path });
  await run(database, "INSERT INTO config VALUES (now(), 'key', 'value')");
  const { generation } = database;
  await Promise.all([failFatally(database), failFatally(database)]);
  assert.equal(database.generation, generation + 1);
  assert.deepEqual(await run(database, "SELECT value FROM config"), [["value"]]);
  await database.close();
});

Deno.test("Database that was opened anew in vain is tried again by whoever comes next", async () => {
  await using file = await temporaryDatabasePath();
  const database = await Database.open({ path: file.path });
  await run(database, "INSERT INTO config VALUES (now(), 'key', 'value')");
  await run(database, "CHECKPOINT");
  const read = () => database.use((connection) => connection.runAndReadAll("FROM config"));
  {
    await using _away = await takeAway(file.path);
    await failFatally(database);
    await assert.rejects(read(), DatabaseOpenError);
  }
  assert.equal((await read()).currentRowCount, 1);
  await database.close();
});

Deno.test({
  name: "Database closes the file before it opens it anew: its lock would be lost later",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using file = await temporaryDatabasePath();
    const database = await Database.open({ path: file.path });
    const writer = new DurableWriter(database, EVENTS);
    const openFiles = async () => {
      let count = 0;
      for await (const { name } of Deno.readDir("/proc/self/fd")) {
        const target = await Deno.readLink(`/proc/self/fd/${name}`).catch(() => "");
        count += Number(target === file.path);
      }
      return count;
    };
    // By a statement, and by both appenders.
    await writer.write([newEvent()]);
    for (let i = 0; i < 2; i++) await writer.write(Array.from({ length: 1_500 }, () => newEvent()));
    const kept = await database.track(() => database.connect());
    database.beforeClosing(() => Promise.resolve(kept.closeSync()));
    assert.equal(await openFiles(), 1);
    await Promise.all([
      failFatally(database),
      // Begun meanwhile, it waits.
      delay(0).then(() => database.use((connection) => connection.run("SELECT 1"))),
    ]);
    assert.equal(await openFiles(), 1);
    await writer.write([newEvent()]);
    assert.deepEqual(await run(database, "SELECT count(*)::INTEGER FROM events"), [[3_002]]);
    await writer.close();
    await database.close();
  },
});

Deno.test("Database installs and loads no extensions by itself", async () => {
  const database = await Database.open({ path: ":memory:" });
  assert.equal(database.inMemory, true);
  assert.deepEqual(
    await run(
      database,
      `SELECT current_setting('autoinstall_known_extensions'),
        current_setting('autoload_known_extensions')`,
    ),
    [[false, false]],
  );
  await database.close();
});

Deno.test("isFatal tells a database that has shut down from a failed statement", () => {
  assert.equal(isFatal(new Error("FATAL Error: Failed to sync the write-ahead log")), true);
  assert.equal(
    isFatal(new Error("Invalid Error: database has been invalidated because of a previous error")),
    true,
  );
  assert.equal(isFatal(new Error("Catalog Error: Table events does not exist")), false);
  assert.equal(isFatal("FATAL Error"), false);
});

Deno.test("Database lets go of what it has read, and may take as much again", async () => {
  await using file = await temporaryDatabasePath();
  const database = await Database.open({ path: file.path });
  const insert = (rows: number) =>
    run(
      database,
      `INSERT INTO config SELECT now(), 'key', repeat(hash(i)::VARCHAR, 10) FROM range(${rows}) t(i)`,
    );
  await insert(400_000);
  await run(database, "CHECKPOINT");
  await run(database, "SELECT max(strlen(value)) FROM config");
  await insert(50_000); // which is not folded yet
  const memory = async () => {
    const rows = await run(
      database,
      "SELECT tag, memory_usage_bytes::DOUBLE FROM duckdb_memory() WHERE memory_usage_bytes > 0",
    );
    return new Map(rows as [string, number][]);
  };
  const settings = () =>
    run(database, "SELECT current_setting('memory_limit'), current_setting('threads')");
  const [before, settingsBefore] = [await memory(), await settings()];
  await database.shrink();
  const after = await memory();
  assert.ok(before.get("BASE_TABLE")! > 24e6, "it has read something");
  assert.ok((after.get("BASE_TABLE") ?? 0) < 12e6, `${after.get("BASE_TABLE")} bytes are left`);
  assert.equal(after.get("IN_MEMORY_TABLE"), before.get("IN_MEMORY_TABLE"));
  await assert.rejects(Deno.stat(`${file.path}.tmp`), Deno.errors.NotFound);
  assert.deepEqual(await settings(), settingsBefore);
  await database.close();
});
