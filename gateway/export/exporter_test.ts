import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { newEvent } from "../store/fixtures.ts";
import { Store } from "../store/store.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import { deliver } from "./delivery.ts";
import { Exporter, type ExportSettings } from "./exporter.ts";

const SECRET = `whsec_${new Uint8Array(24).fill(7).toBase64()}`;

interface Received {
  readonly id: string;
  readonly isSigned: boolean;
  readonly body: { event_count: number; abox_jsonld: { "@graph": { "@id": string }[] } };
}

/** A receiver that answers as it is told, one after the other; the last answer is repeated. */
function receiver(...answers: (() => Response | Promise<Response>)[]) {
  const received: Received[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const text = await request.text();
      const headers = Object.fromEntries(request.headers);
      let isSigned = true;
      try {
        new Webhook(SECRET).verify(text, headers);
      } catch {
        isSigned = false;
      }
      received.push({ id: headers["webhook-id"]!, isSigned, body: JSON.parse(text) });
      return await answers[Math.min(received.length, answers.length) - 1]!();
    },
  );
  return {
    received,
    url: `http://127.0.0.1:${server.addr.port}/hook?x=1`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const status = (code: number, headers: HeadersInit = {}) => () =>
  new Response(null, { status: code, headers });

/** An exporter over a store of its own, on a clock that is set by hand. */
async function exporterTo(url: string, settings: Partial<ExportSettings> = {}) {
  const store = await Store.open({ path: ":memory:" });
  const clock = { nowMs: Date.now() };
  const gone: string[] = [];
  let through: string | null = null;
  const make = () =>
    new Exporter({
      store: store.exports,
      settings: () => ({
        webhook_url: url,
        ontology_iri: "urn:x#",
        export_batch_size: 3,
        export_interval_secs: 60,
        ...settings,
      }),
      schemas: () => [],
      throughId: () => through,
      deliver: (target, id, body) =>
        deliver(target, id, body, { secret: SECRET, allowPrivate: true, timeoutMs: 300 }),
      onGone: (target) => gone.push(target),
      onAttempt: () => {},
      log: { warn: () => {} },
      nowMs: () => clock.nowMs,
    });
  return {
    store,
    clock,
    gone,
    make,
    exporter: make(),
    async ingest(count: number) {
      const events = Array.from({ length: count }, (_, i) => newEvent({ type: "Order", i }));
      await store.append(events);
      through = formatUuid(events.at(-1)!.id);
      return events.map(({ id }) => formatUuid(id));
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
}

function idsOf({ body }: Received): string[] {
  return body.abox_jsonld["@graph"].map((node) => node["@id"].replace("urn:uuid:", ""));
}

Deno.test("Exporter sends full batches at once, the rest after the interval, each event once", async () => {
  await using hook = receiver(status(204));
  await using place = await exporterTo(hook.url);
  const ids = await place.ingest(5);
  for (let i = 0; i < 3; i++) await place.exporter.work();
  assert.deepEqual(hook.received.map(idsOf), [ids.slice(0, 3)]);
  place.clock.nowMs += 61_000;
  for (let i = 0; i < 3; i++) await place.exporter.work();
  assert.deepEqual(hook.received.map(idsOf), [ids.slice(0, 3), ids.slice(3)]);
  assert.ok(hook.received.every(({ isSigned }) => isSigned));
  const states = (await place.store.exports.list(10)).map(({ state }) => state);
  assert.deepEqual(states, ["delivered", "delivered"]);
});

Deno.test("Exporter tries again under the same id, later each time, and through a restart", async () => {
  await using hook = receiver(status(500), status(503, { "Retry-After": "1000" }), status(200));
  await using place = await exporterTo(hook.url);
  await place.ingest(3);
  await place.exporter.work();
  await place.exporter.work();
  assert.equal(hook.received.length, 1, "it did not wait");
  place.clock.nowMs += 7_000;
  await place.exporter.work();
  assert.equal(hook.received.length, 2);
  place.clock.nowMs += 999_000;
  const restarted = place.make();
  await restarted.work();
  assert.equal(hook.received.length, 2, "it came before it was asked to");
  place.clock.nowMs += 2_000;
  await restarted.work();
  assert.equal(new Set(hook.received.map(({ id }) => id)).size, 1);
  const [record] = await place.store.exports.list(10);
  assert.deepEqual([record!.state, record!.attempts], ["delivered", 3]);
});

Deno.test("Exporter gives up after the last attempt, and tries again when it is asked to", async () => {
  await using hook = receiver(status(500));
  await using place = await exporterTo(hook.url);
  await place.ingest(3);
  for (let i = 0; i < 12; i++) {
    await place.exporter.work();
    place.clock.nowMs += 24 * 3_600_000;
  }
  const [dead] = await place.store.exports.list(10, "dead");
  assert.equal(dead!.attempts, 10);
  assert.match(dead!.error!, /answered 500/);
  assert.ok(await place.exporter.retry(dead!.id));
  assert.ok(!await place.exporter.retry(crypto.randomUUID()));
  await place.exporter.work();
  assert.equal(hook.received.length, 11);
});

Deno.test("Exporter sends nothing more to a receiver that is gone", async () => {
  await using hook = receiver(status(410));
  await using place = await exporterTo(hook.url);
  await place.ingest(3);
  await place.exporter.work();
  assert.deepEqual(place.gone, [hook.url]);
  assert.equal((await place.store.exports.list(10))[0]!.state, "dead");
});

Deno.test("Exporter takes silence, endless answers and redirects for what they are", async () => {
  const silence = Promise.withResolvers<Response>();
  const endless = () =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }),
      { status: 200 },
    );
  const redirect = status(302, { Location: "http://127.0.0.1:1/" });
  const cases = [
    [() => silence.promise, "pending", /no answer within 300 ms/],
    [endless, "delivered", null],
    [redirect, "pending", /answered 302/],
  ] as const;
  for (const [answer, state, error] of cases) {
    await using hook = receiver(answer);
    await using place = await exporterTo(hook.url);
    await place.ingest(3);
    await place.exporter.work();
    const [record] = await place.store.exports.list(10);
    assert.equal(record!.state, state);
    if (error === null) assert.equal(record!.error, null);
    else assert.match(record!.error!, error);
    silence.resolve(new Response());
  }
});

Deno.test("Exporter sends nothing where no webhook is set", async () => {
  await using place = await exporterTo("http://127.0.0.1:1/", { webhook_url: null });
  await place.ingest(3);
  await place.exporter.work();
  assert.deepEqual(await place.store.exports.list(10), []);
});
