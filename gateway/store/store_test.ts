import assert from "node:assert/strict";
import { Table } from "apache-arrow";
import { recordBatches } from "./arrow/record_batches.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import { Database } from "./database.ts";
import { StoreUnavailableError } from "./errors.ts";
import { newEvent, published, temporaryDatabasePath } from "./fixtures.ts";
import { Store } from "./store.ts";

async function withStore(test: (store: Store) => Promise<void>): Promise<void> {
  const store = await Store.open({ path: ":memory:" });
  try {
    await test(store);
  } finally {
    await store.close();
  }
}

Deno.test("Store shows an event as soon as it is appended", async () => {
  await withStore(async (store) => {
    const event = newEvent();
    await store.append([event]);
    assert.equal((await store.getEvent(formatUuid(event.id)))?.type, "Message");
    assert.equal(await store.lastEventId(), formatUuid(event.id));
  });
});

Deno.test("Store keeps the latest value of every key of the configuration", async () => {
  await withStore(async (store) => {
    await store.saveConfig(new Map([["a", "1"], ["b", "1"]]));
    await store.saveConfig(new Map([["b", "2"]]));
    assert.deepEqual(await store.loadConfig(), new Map([["a", "1"], ["b", "2"]]));
  });
});

Deno.test("Store keeps the latest value though the clock was set back", async () => {
  await using file = await temporaryDatabasePath();
  const database = await Database.open({ path: file.path });
  const connection = await database.connect();
  await connection.run("INSERT INTO config VALUES (now() + INTERVAL 1 DAY, 'key', 'former')");
  await database.close();
  const store = await Store.open({ path: file.path });
  await store.saveConfig(new Map([["key", "latest"]]));
  assert.deepEqual(await store.loadConfig(), new Map([["key", "latest"]]));
  await store.close();
});

Deno.test("Store keeps the latest state of every schema", async () => {
  await withStore(async (store) => {
    assert.deepEqual(await store.loadSchemas(), { throughId: null, rows: [] });
    const [first, second] = [formatUuid(newEvent().id), formatUuid(newEvent().id)];
    await store.saveSchemas(first, [
      { name: "A", learned: "A1" },
      { name: "B", learned: "B1" },
    ]);
    await store.saveSchemas(second, [{ name: "B", learned: "B2" }]);
    const { throughId, rows } = await store.loadSchemas();
    assert.equal(throughId, second);
    assert.deepEqual(rows.sort((a, b) => a.name.localeCompare(b.name)), [
      { name: "A", learned: "A1" },
      { name: "B", learned: "B2" },
    ]);
  });
});

Deno.test("Store keeps thousands of schemas at once, whatever they are called", async () => {
  await withStore(async (store) => {
    const rows = Array.from({ length: 5_000 }, (_, i) => ({
      name: `Größe ${i} "of" 'something'`,
      learned: JSON.stringify({ i, text: "é".repeat(i % 100) }),
    }));
    await store.saveSchemas(formatUuid(newEvent().id), rows);
    const byName = (a: { name: string }, b: { name: string }) => a.name < b.name ? -1 : 1;
    assert.deepEqual((await store.loadSchemas()).rows.sort(byName), rows.sort(byName));
  });
});

Deno.test("Store.close keeps everything that was appended", async () => {
  await using file = await temporaryDatabasePath();
  const event = newEvent();
  const first = await Store.open({ path: file.path });
  const stored = first.append([event]);
  first.appendEnrichments([published(event, 5)]);
  await Promise.all([stored, first.close()]);

  const second = await Store.open({ path: file.path });
  assert.equal((await second.getEvent(formatUuid(event.id)))?.frameId, 5);
  await second.close();
});

Deno.test("Store reads while it writes", async () => {
  await withStore(async (store) => {
    const events = Array.from({ length: 50 }, () => newEvent());
    const [, ...pages] = await Promise.all([
      Promise.all(events.map((event) => store.append([event]))),
      ...Array.from({ length: 5 }, () => store.listEvents({ limit: 100 })),
    ]);
    // A transaction is there as a whole or not at all.
    for (const page of pages) assert.ok(page.length === 0 || page.length === 50, `${page.length}`);
    assert.equal((await store.listEvents({ limit: 100 })).length, 50);
  });
});

Deno.test("Store.close waits for reads that are under way, and refuses others", async () => {
  const store = await Store.open({ path: ":memory:" });
  await store.append([newEvent()]);
  const reads = Array.from({ length: 8 }, () => store.listEvents({ limit: 10 }));
  await store.close();
  for (const events of await Promise.all(reads)) assert.equal(events.length, 1);
  await assert.rejects(store.listEvents({ limit: 10 }), StoreUnavailableError);
});

Deno.test("queryEvents gives columns with microseconds and nulls", () =>
  withStore(async (store) => {
    const attributes = '{"source":"/a"}';
    const events = [
      newEvent({ type: "A", conversation_id: "c,1" }, 1_700_000_000_123_457),
      { ...newEvent({ type: "B" }, 1_700_000_000_123_458), attributes },
    ];
    await store.append(events);
    store.appendEnrichments([published(events[0]!, 2 ** 40)]);
    await store.flushEnrichments();
    const { signal } = new AbortController();
    using query = await store.queryEvents({ limit: 10, order: "asc" }, signal);
    const table = new Table(await Array.fromAsync(recordBatches(query.result)));
    assert.deepEqual(table.schema.fields.map(({ name, type }) => `${name}: ${type}`), [
      "id: Utf8",
      "type: Utf8",
      "received_at: Timestamp<MICROSECOND, UTC>",
      "conversation_id: Utf8",
      "frame_id: Int64",
      "attributes: Utf8",
      "payload: Utf8",
    ]);
    const column = (name: string) => [...table.getChild(name)!];
    assert.deepEqual(column("id"), events.map(({ id }) => formatUuid(id)));
    assert.deepEqual(column("conversation_id"), ["c,1", null]);
    assert.deepEqual(column("frame_id"), [2n ** 40n, null]);
    assert.deepEqual(column("attributes"), [null, attributes]);
    const times = table.getChild("received_at")!.data[0]!.values as BigInt64Array;
    assert.deepEqual([...times], events.map(({ receivedUs }) => BigInt(receivedUs)));
  }));

Deno.test("Store looks through payloads of tens of kilobytes", async () => {
  await using file = await temporaryDatabasePath();
  const store = await Store.open({ path: file.path });
  try {
    const message = "x".repeat(30_000);
    for (let i = 0; i < 2_500; i += 100) {
      await store.append(Array.from({ length: 100 }, () => newEvent({ message })));
    }
    const needle = newEvent({ message: `${message} needle` });
    await store.append([needle]);
    const id = formatUuid(needle.id);
    const listed = await store.listEvents({ limit: 10, contains: "Needle" });
    assert.deepEqual(listed.map((event) => event.id), [id]);
    const found = await store.searchText("needle", 10, {});
    assert.deepEqual(found.map((match) => match.id), [id]);
    const { signal } = new AbortController();
    const sql = "SELECT id::VARCHAR AS id FROM events WHERE contains(payload, 'needle')";
    using result = await store.queries.start(sql, { maxRows: 10, signal });
    assert.deepEqual((await Array.fromAsync(result.rowObjects())).flat(), [{ id }]);
  } finally {
    await store.close();
  }
});

Deno.test("Store takes events in though queries have all the memory", async () => {
  await using file = await temporaryDatabasePath();
  const store = await Store.open({ path: file.path, queryMemoryMiB: 96 });
  try {
    const { signal } = new AbortController();
    const sql = "SELECT string_agg(repeat('x', 900) || range) FROM range(1000000)";
    let isOver = false;
    const queries = Promise.allSettled(Array.from({ length: 4 }, async () => {
      using _result = await store.queries.start(sql, { maxRows: 1, signal });
    })).finally(() => isOver = true);
    let appended = 0;
    for (; !isOver; appended++) await store.append([newEvent({ text: "x".repeat(1_000) })]);
    for (const query of await queries) {
      assert.equal(query.status === "rejected" && query.reason.code, "query_too_large");
    }
    assert.equal(await store.countEvents(), appended);
  } finally {
    await store.close();
  }
});
