import assert from "node:assert/strict";
import { formatUuid, NIL_UUID } from "../event/uuid_v7.ts";
import { type ExportStart, FIRST_START } from "../export/export_start.ts";
import { newEvent } from "../store/fixtures.ts";
import { StoreUnavailableError } from "../store/errors.ts";
import { Store } from "../store/store.ts";
import { SettingsKeeper } from "./settings.ts";

async function withStore(test: (store: Store) => Promise<void>): Promise<void> {
  const store = await Store.open({ path: ":memory:" });
  try {
    await test(store);
  } finally {
    await store.close();
  }
}

Deno.test("SettingsKeeper begins with an export to nowhere", async () => {
  await withStore(async (store) => {
    assert.deepEqual((await SettingsKeeper.load(store)).current, {
      webhook_url: null,
      export_start: FIRST_START,
      ontology_iri: "urn:collider:ontology#",
      export_batch_size: 100,
      export_interval_secs: 60,
    });
  });
});

Deno.test("SettingsKeeper gives back after a restart what was changed", async () => {
  await withStore(async (store) => {
    const keeper = await SettingsKeeper.load(store);
    assert.equal(
      await keeper.change({ webhook_url: "https://a.example/", export_batch_size: 7 }),
      true,
    );
    assert.equal(await keeper.change({ webhook_url: null }), true);
    assert.equal(keeper.current.export_batch_size, 7);
    assert.equal(keeper.current.webhook_url, null);
    assert.deepEqual((await SettingsKeeper.load(store)).current, keeper.current);
  });
});

Deno.test("SettingsKeeper starts exports after the newest event when a webhook is set where there was none", async () => {
  await withStore(async (store) => {
    const keeper = await SettingsKeeper.load(store);
    const starts: ExportStart[] = [];
    const set = async (webhook_url: string | null) => {
      await keeper.change({ webhook_url });
      starts.push(keeper.current.export_start);
    };
    await set("https://a.example/");
    const events = [newEvent({ type: "Order" }), newEvent({ type: "Order" })];
    await store.append(events);
    await set("https://b.example/");
    await set(null);
    await set("https://b.example/");
    await set("https://b.example/");
    const newest = formatUuid(events[1]!.id);
    assert.deepEqual(
      starts.map(({ afterId }) => afterId),
      [NIL_UUID, NIL_UUID, NIL_UUID, newest, newest],
    );
    const ids = starts.map(({ id }) => id);
    assert.equal(new Set(ids).size, 2);
    assert.deepEqual([ids[1], ids[2], ids[4]], [ids[0], ids[0], ids[3]]);
    assert.deepEqual((await SettingsKeeper.load(store)).current, keeper.current);
  });
});

Deno.test("SettingsKeeper keeps a webhook and its start in one transaction", async () => {
  const saved: string[][] = [];
  const store = {
    loadConfig: () => Promise.resolve(new Map()),
    lastEventId: () => Promise.resolve(null),
    saveConfig: (values: Map<string, string>) => {
      saved.push([...values.keys()]);
      return Promise.resolve();
    },
  } as unknown as Store;
  const keeper = await SettingsKeeper.load(store);
  await keeper.change({ webhook_url: "https://a.example/" });
  assert.deepEqual(saved, [["webhook_url", "export_start"]]);
});

Deno.test("SettingsKeeper makes changes one after the other", async () => {
  await withStore(async (store) => {
    const keeper = await SettingsKeeper.load(store);
    const changes = ["https://a.example/", null, "https://b.example/"]
      .map((webhook_url) => keeper.change({ webhook_url }));
    assert.deepEqual(await Promise.all(changes), [true, true, true]);
    assert.equal(keeper.current.webhook_url, "https://b.example/");
  });
});

Deno.test("SettingsKeeper says when nothing is different, and keeps nothing then", async () => {
  await withStore(async (store) => {
    const keeper = await SettingsKeeper.load(store);
    assert.equal(await keeper.change({ export_batch_size: 100 }), false);
    assert.equal(await keeper.change({}), false);
    assert.equal((await store.loadConfig()).size, 0);
  });
});

Deno.test("SettingsKeeper changes nothing that can't be kept", async () => {
  const store = {
    loadConfig: () => Promise.resolve(new Map()),
    saveConfig: () => Promise.reject(new Error("the disk is full")),
  } as unknown as Store;
  const keeper = await SettingsKeeper.load(store);
  await assert.rejects(keeper.change({ export_batch_size: 7 }), StoreUnavailableError);
  assert.equal(keeper.current.export_batch_size, 100);
});

Deno.test("SettingsKeeper ignores what the store keeps besides settings", async () => {
  await withStore(async (store) => {
    await store.saveConfig(new Map([["published_through", "not JSON"]]));
    assert.equal((await SettingsKeeper.load(store)).current.export_batch_size, 100);
  });
});
