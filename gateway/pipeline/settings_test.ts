import assert from "node:assert/strict";
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
  await assert.rejects(keeper.change({ export_batch_size: 7 }), /the disk is full/);
  assert.equal(keeper.current.export_batch_size, 100);
});

Deno.test("SettingsKeeper ignores what the store keeps besides settings", async () => {
  await withStore(async (store) => {
    await store.saveConfig(new Map([["published_through", "not JSON"]]));
    assert.equal((await SettingsKeeper.load(store)).current.export_batch_size, 100);
  });
});
