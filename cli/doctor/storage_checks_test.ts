import assert from "node:assert/strict";
import { join } from "node:path";
import { Store } from "../../gateway/store/store.ts";
import { checkDatabase, checkDataDirectory } from "./storage_checks.ts";

async function withDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "collider-doctor-" });
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("checkDataDirectory finds a folder that is there, or where it can be made", async () => {
  await withDirectory(async (directory) => {
    for (const path of [directory, join(directory, "a", "b")]) {
      const { status, message } = await checkDataDirectory(path);
      assert.equal(status, "ok");
      assert.ok(message.startsWith(path), message);
    }
    await assert.rejects(Deno.stat(join(directory, "a")), Deno.errors.NotFound);
  });
});

Deno.test("checkDatabase counts events, and makes no database", async () => {
  await withDirectory(async (dataDir) => {
    assert.match((await checkDatabase({ dataDir }, false)).message, /will be made$/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(dataDir)), []);
    const store = await Store.open({ path: join(dataDir, "collider.db") });
    await store.close();
    const { status, message } = await checkDatabase({ dataDir }, false);
    assert.equal(status, "ok", message);
    assert.match(message, /collider\.db holds 0 events, schema version \d+$/);
  });
});

Deno.test("checkDatabase says what to do about a file that is no database", async () => {
  await withDirectory(async (dataDir) => {
    const dbPath = join(dataDir, "notes.txt");
    await Deno.writeTextFile(dbPath, "a diary\n".repeat(1_000));
    const { status, message, hint } = await checkDatabase({ dbPath, dataDir }, false);
    assert.equal(status, "broken");
    assert.match(message, /notes\.txt is not a DuckDB database/);
    assert.match(hint!, /--db-path/);
  });
});

Deno.test("checkDatabase warns of a database in memory", async () => {
  const { status } = await checkDatabase({ dbPath: ":memory:", dataDir: "/nowhere" }, false);
  assert.equal(status, "warning");
});
