import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { Database } from "./database.ts";
import { EnrichmentLog } from "./enrichment_log.ts";
import { newEvent, published } from "./fixtures.ts";

async function withLog(
  test: (
    log: EnrichmentLog,
    run: (sql: string) => Promise<readonly (readonly unknown[])[]>,
  ) => Promise<void>,
): Promise<void> {
  const database = await Database.open({ path: ":memory:" });
  const log = new EnrichmentLog(database);
  try {
    await test(
      log,
      (sql) => database.use(async (connection) => (await connection.runAndReadAll(sql)).getRows()),
    );
    await log.close();
  } finally {
    await database.close();
  }
}

const COUNT = "SELECT count(*)::INTEGER FROM enrichments";

Deno.test("EnrichmentLog.flush makes the enrichments durable", () =>
  withLog(async (log, run) => {
    log.append([published(newEvent(), 7)]);
    log.append([published(newEvent(), 8)]);
    await log.flush();
    const columns = "stage, frame_id, ring_generation, result, error";
    assert.deepEqual(await run(`SELECT ${columns} FROM enrichments ORDER BY frame_id`), [
      ["publish", 7n, 2n ** 63n + 1n, null, null],
      ["publish", 8n, 2n ** 63n + 1n, null, null],
    ]);
  }));

Deno.test("EnrichmentLog.flush waits for what comes while others are written", () =>
  withLog(async (log, run) => {
    const flushes = [];
    for (let i = 0; i < 50; i++) {
      log.append([published(newEvent(), i)]);
      flushes.push(log.flush().then(async () => assert.ok(Number((await run(COUNT))[0]![0]) > i)));
    }
    await Promise.all(flushes);
    assert.deepEqual(await run(COUNT), [[50]]);
  }));

Deno.test("EnrichmentLog writes by itself after a while", () =>
  withLog(async (log, run) => {
    log.append([published(newEvent(), 1)]);
    const deadlineMs = performance.now() + 10_000;
    while ((await run(COUNT))[0]![0] === 0 && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.deepEqual(await run(COUNT), [[1]]);
  }));

Deno.test("EnrichmentLog writes many at once, and lets what comes meanwhile gather", () =>
  withLog(async (log, run) => {
    const { setTimeout } = globalThis;
    // The log's timer never fires.
    globalThis.setTimeout = Object.assign(() => 1, setTimeout) as typeof setTimeout;
    try {
      const ids = Array.from({ length: 1_000 }, () => newEvent().id);
      log.append([{ ...published(newEvent(), 0), eventIds: ids }]);
      log.append(Array.from({ length: 1_000 }, (_, i) => published(newEvent(), 1_000 + i)));
      log.append([published(newEvent(), 2_000)]);
      for (let i = 0; i < 1_000 && (await run(COUNT))[0]![0] === 0; i++) await setImmediate();
    } finally {
      globalThis.setTimeout = setTimeout;
    }
    assert.deepEqual(await run(COUNT), [[2_000]]);
    await log.flush();
    assert.deepEqual(await run(COUNT), [[2_001]]);
  }));

Deno.test("EnrichmentLog keeps what can't be written, and writes it later", () =>
  withLog(async (log, run) => {
    await run("ALTER TABLE enrichments RENAME TO away");
    log.append([published(newEvent(), 1)]);
    await assert.rejects(log.flush(), /enrichments/);
    log.append([published(newEvent(), 2)]);
    await run("ALTER TABLE away RENAME TO enrichments");
    await log.flush();
    assert.deepEqual(await run("SELECT frame_id::INTEGER FROM enrichments"), [[1], [2]]);
  }));

Deno.test("EnrichmentLog.close writes what waits", () =>
  withLog(async (log, run) => {
    log.append([published(newEvent(), 1)]);
    await log.close();
    assert.deepEqual(await run(COUNT), [[1]]);
  }));
