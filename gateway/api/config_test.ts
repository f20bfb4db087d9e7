import assert from "node:assert/strict";
import { NIL_UUID } from "../event/uuid_v7.ts";
import { FIRST_START } from "../export/export_start.ts";
import { type Settings, SettingsKeeper } from "../pipeline/settings.ts";
import { Store } from "../store/store.ts";
import { changeSettings, masked } from "./config.ts";
import { InvalidRequestError } from "./errors.ts";

async function withKeeper(test: (keeper: SettingsKeeper) => Promise<void>): Promise<void> {
  const store = await Store.open({ path: ":memory:" });
  try {
    await test(await SettingsKeeper.load(store));
  } finally {
    await store.close();
  }
}

Deno.test("changeSettings changes what is named and leaves the rest", async () => {
  await withKeeper(async (keeper) => {
    const before = keeper.current;
    assert.equal(await changeSettings(keeper, { ontology_iri: "urn:a#" }), true);
    assert.deepEqual(keeper.current, { ...before, ontology_iri: "urn:a#" });
    await changeSettings(keeper, { webhook_url: "https://a.example/x" });
    assert.equal(keeper.current.webhook_url, "https://a.example/x");
    assert.equal(await changeSettings(keeper, { webhook_url: null }), true);
    assert.equal(keeper.current.webhook_url, null);
  });
});

Deno.test("changeSettings leaves a text as it is that is empty", async () => {
  await withKeeper(async (keeper) => {
    await changeSettings(keeper, { webhook_url: "https://a.example/", ontology_iri: "urn:b#" });
    assert.equal(await changeSettings(keeper, { webhook_url: "", ontology_iri: "" }), false);
    assert.equal(keeper.current.webhook_url, "https://a.example/");
    assert.equal(keeper.current.ontology_iri, "urn:b#");
  });
});

Deno.test("changeSettings takes batch_size under both names, as number or text", async () => {
  await withKeeper(async (keeper) => {
    await changeSettings(keeper, { batch_size: "7" });
    assert.equal(keeper.current.export_batch_size, 7);
    await changeSettings(keeper, { export_batch_size: 8 });
    assert.equal(keeper.current.export_batch_size, 8);
    await changeSettings(keeper, { batch_size: 1, export_batch_size: 9 });
    assert.equal(keeper.current.export_batch_size, 9);
  });
});

Deno.test("changeSettings takes from where on events are exported, with or without a webhook_url beside it", async () => {
  await withKeeper(async (keeper) => {
    const webhook_url = "https://a.example/";
    await changeSettings(keeper, { webhook_url, export_from: "2024-06-14T10:00:00Z" });
    const first = keeper.current.export_start;
    assert.equal(first.afterId, "01901630-9100-0000-0000-000000000000");
    assert.equal(await changeSettings(keeper, { export_from: "" }), false);
    assert.equal(await changeSettings(keeper, { webhook_url, export_from: "beginning" }), true);
    assert.equal(keeper.current.export_start.afterId, NIL_UUID);
    assert.notEqual(keeper.current.export_start.id, first.id);
    assert.equal(keeper.current.webhook_url, webhook_url);
  });
});

Deno.test("changeSettings refuses a place to export from where there is nothing to export to", async () => {
  await withKeeper(async (keeper) => {
    for (const values of [{}, { webhook_url: null }]) {
      await assert.rejects(
        async () => await changeSettings(keeper, { ...values, export_from: "beginning" }),
        /export_from: there is no webhook_url/,
      );
    }
  });
});

Deno.test("changeSettings ignores members that it does not know", async () => {
  await withKeeper(async (keeper) => {
    assert.equal(await changeSettings(keeper, { theme: "dark" }), false);
    assert.ok(!("theme" in keeper.current));
  });
});

Deno.test("changeSettings names the member that is wrong and changes nothing", async () => {
  await withKeeper(async (keeper) => {
    const before = keeper.current;
    const wrong: Record<string, unknown>[] = [
      { webhook_url: "ftp://a.example/" },
      { webhook_url: "not a URL" },
      { ontology_iri: 5 },
      { ontology_iri: "no IRI" },
      { ontology_iri: "https://a.example/<o>#" },
      { batch_size: 0 },
      { batch_size: "1.5" },
      { export_batch_size: 10_001 },
      { export_interval_secs: -1 },
      { export_from: "yesterday" },
      { export_from: 5 },
    ];
    for (const values of wrong) {
      const [name] = Object.keys(values);
      await assert.rejects(
        async () => await changeSettings(keeper, { ontology_iri: "urn:new#", ...values }),
        (error) =>
          error instanceof InvalidRequestError && error.message.startsWith(`${name}: `) &&
          !/: Invalid (input|URL)$/.test(error.message),
        JSON.stringify(values),
      );
    }
    assert.deepEqual(keeper.current, before);
  });
});

Deno.test("masked hides what a URL can hold of secrets", () => {
  const settings: Settings = {
    webhook_url: "https://user:secret@a.example/path?key=secret&key=again&b=secret",
    export_start: FIRST_START,
    ontology_iri: "urn:a#",
    export_batch_size: 1,
    export_interval_secs: 1,
  };
  const view = masked(settings);
  assert.doesNotMatch(view.webhook_url!, /secret|again/);
  assert.match(view.webhook_url!, /^https:\/\/user:\*\*\*@a\.example\/path\?/);
  const token = { ...settings, webhook_url: "https://token@a.example/" };
  assert.equal(masked(token).webhook_url, "https://***@a.example/");
  assert.equal(masked({ ...settings, webhook_url: null }).webhook_url, null);
});
