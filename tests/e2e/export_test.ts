import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { Gateway } from "./gateway.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const SECRET = `whsec_${new Uint8Array(24).fill(9).toBase64()}`;

function post(gateway: Gateway, path: string, body: unknown): Promise<Response> {
  return gateway.fetch(path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
}

async function until(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  while (!await isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
}

Deno.test("events are exported to the webhook, signed, once it takes them", async () => {
  const received: { event_count: number; ontology_ttl: string; types: string[] }[] = [];
  let isBroken = true;
  const hook = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const text = await request.text();
      if (isBroken) return new Response(null, { status: 500 });
      new Webhook(SECRET).verify(text, Object.fromEntries(request.headers));
      const { event_count, ontology_ttl, abox_jsonld } = JSON.parse(text);
      const types = abox_jsonld["@graph"].map((node: { "@type": string }) => node["@type"]);
      received.push({ event_count, ontology_ttl, types });
      return new Response(null, { status: 204 });
    },
  );
  await using gateway = await Gateway.start({
    flags: ["--allow-private-webhooks", "--export-secret", SECRET],
  });
  const url = `http://127.0.0.1:${hook.addr.port}/hook`;
  const config = { type: "SystemConfig", webhook_url: url, batch_size: 2 };
  assert.deepEqual(await (await post(gateway, "/ingest", config)).json(), {
    status: "configuration_updated",
  });
  for (const type of ["Order", "Refund"]) await post(gateway, "/ingest", { type, total: 1 });

  const exports = async () => (await (await gateway.fetch("/api/exports")).json()).exports;
  await until(async () => (await exports())[0]?.attempts === 1);
  const [failed] = await exports();
  assert.deepEqual([failed.state, failed.http_status, failed.event_count], ["pending", 500, 2]);
  isBroken = false;
  const retried = await post(gateway, `/api/exports/${failed.id}/retry`, {});
  assert.deepEqual(await retried.json(), { status: "pending" });
  await until(() => received.length > 0);
  await until(async () => (await exports())[0].state === "delivered");
  assert.equal(received[0]!.event_count, 2);
  assert.deepEqual(received[0]!.types, [
    "urn:collider:ontology#Order",
    "urn:collider:ontology#Refund",
  ]);
  assert.match(received[0]!.ontology_ttl, /owl:Class/);

  const metrics = await (await gateway.fetch("/metrics")).json();
  assert.deepEqual(
    [metrics.exports_attempted, metrics.exports_succeeded, metrics.exports_failed],
    [2, 1, 1],
  );
  assert.deepEqual([metrics.pending_exports, metrics.webhook_configured], [0, true]);
  assert.match(metrics.last_export_at, /^\d{4}-/);
  assert.equal((await post(gateway, `/api/exports/${crypto.randomUUID()}/retry`, {})).status, 404);
  await gateway.stop();
  await hook.shutdown();
});

Deno.test("a webhook gets the events from its setting on, also after a restart, and those of before when asked", async () => {
  const received: string[] = [];
  const hook = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { abox_jsonld } = await request.json();
      received.push(...abox_jsonld["@graph"].map((node: { "@id": string }) => node["@id"]));
      return new Response(null, { status: 204 });
    },
  );
  const flags = ["--allow-private-webhooks"];
  await using killed = await Gateway.start({ flags });
  const order = async (gateway: Gateway) => {
    const { id } = await (await post(gateway, "/ingest", { type: "Order" })).json();
    return `urn:uuid:${id}`;
  };
  const history = [await order(killed), await order(killed)];
  const webhook_url = `http://127.0.0.1:${hook.addr.port}/hook`;
  await post(killed, "/api/config", { webhook_url, batch_size: 1 });
  await killed.kill();

  await using gateway = await Gateway.start({ flags, directory: killed.directory });
  const since = [await order(gateway)];
  await until(() => received.length > 0);
  assert.deepEqual(received, since);
  await post(gateway, "/api/config", { export_from: "beginning" });
  await until(() => received.length >= 4);
  assert.deepEqual(received, [...since, ...history, ...since]);
  await gateway.stop();
  await hook.shutdown();
});

Deno.test("a webhook of this machine is refused without --allow-private-webhooks", async () => {
  let requests = 0;
  const hook = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    requests++;
    return new Response();
  });
  await using gateway = await Gateway.start();
  const url = `http://localhost:${hook.addr.port}/`;
  await post(gateway, "/api/config", { webhook_url: url, batch_size: 1 });
  await post(gateway, "/ingest", { type: "Order" });
  const first = async () => (await (await gateway.fetch("/api/exports")).json()).exports[0];
  await until(async () => (await first())?.attempts === 1);
  assert.match((await first()).error, /not on the public internet/);
  assert.equal(requests, 0);
  await gateway.stop();
  await hook.shutdown();
});
