import assert from "node:assert/strict";
import { join } from "node:path";
import { Database } from "./database.ts";
import { DatabaseLockedError, DatabaseOpenError, DatabaseTooNewError } from "./errors.ts";
import { inspectDatabase } from "./inspect_database.ts";

async function withPath(test: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "collider-inspect-" });
  try {
    await test(join(directory, "test.db"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Leaves a database in which `statement` was run. */
async function leaveDatabase(path: string, statement: string): Promise<void> {
  const database = await Database.open({ path });
  const connection = await database.connect();
  await connection.run(statement);
  connection.closeSync();
  await database.close();
}

const INSERT = `INSERT INTO events (id, received_at, type, typed, payload)
  VALUES (uuid(), now(), 'Message', true, '{}')`;

Deno.test("inspectDatabase tells version and events, and leaves the file as it is", async () => {
  await withPath(async (path) => {
    await leaveDatabase(path, INSERT);
    const before = await Deno.readFile(path);
    const { events, schemaVersion } = await inspectDatabase(path);
    assert.equal(events, 1);
    assert.ok(schemaVersion >= 3);
    assert.deepEqual(await Deno.readFile(path), before);
  });
});

Deno.test("inspectDatabase tells a newer program's database from one that is none", async () => {
  await withPath(async (path) => {
    await leaveDatabase(path, "INSERT INTO migrations VALUES (999, now())");
    await assert.rejects(inspectDatabase(path), DatabaseTooNewError);
    await Deno.writeTextFile(path, "a diary\n".repeat(1_000));
    await assert.rejects(inspectDatabase(path), DatabaseOpenError);
  });
});

Deno.test("inspectDatabase says that another process has the database open", async () => {
  await withPath(async (path) => {
    const program = `
      import { Database } from ${JSON.stringify(import.meta.resolve("./database.ts"))};
      await Database.open({ path: ${JSON.stringify(path)} });
      console.log("open");
      await new Promise(() => setInterval(() => {}, 1_000));
    `;
    await using process = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", program],
      stdout: "piped",
    }).spawn();
    await process.stdout.getReader().read();
    await assert.rejects(inspectDatabase(path), DatabaseLockedError);
    process.kill("SIGKILL");
  });
});
