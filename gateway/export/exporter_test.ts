import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { SchemaRegistry } from "../event/schema_registry.ts";
import { newEvent } from "../store/fixtures.ts";
import { TYPE_STAGE } from "../store/rows.ts";
import { Store } from "../store/store.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import { deliver } from "./delivery.ts";
import { FIRST_START } from "./export_start.ts";
import { Exporter, type ExportSettings } from "./exporter.ts";

const SECRET = `whsec_${new Uint8Array(24).fill(7).toBase64()}`;

interface Received {
  readonly id: string;
  readonly isSigned: boolean;
  readonly body: {
    event_count: number;
    abox_jsonld: { "@graph": { "@id": string; "@type": string }[] };
  };
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
  const target = { url, start: FIRST_START };
  const gone: string[] = [];
  let through: string | null = null;
  const make = () =>
    new Exporter({
      store: store.exports,
      settings: () => ({
        webhook_url: target.url,
        export_start: target.start,
        ontology_iri: "urn:x#",
        export_batch_size: 3,
        export_interval_secs: 60,
        ...settings,
      }),
      registry: new SchemaRegistry(),
      throughId: () => through,
      deliver: (target, id, body) =>
        deliver(target, id, body, { secret: SECRET, allowPrivate: true, timeoutMs: 2_000 }),
      onGone: (target) => gone.push(target),
      onAttempt: () => {},
      log: { warn: () => {} },
      nowMs: () => clock.nowMs,
    });
  return {
    store,
    clock,
    target,
    gone,
    make,
    exporter: make(),
    isDoneThrough(id: Uint8Array) {
      through = formatUuid(id);
    },
    async ingest(count: number) {
      const events = Array.from({ length: count }, (_, i) => newEvent({ type: "Order", i }));
      await store.append(events);
      this.isDoneThrough(events.at(-1)!.id);
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

Deno.test("Exporter begins after the event that its start says, and goes on from there after a restart", async () => {
  await using hook = receiver(status(204));
  await using place = await exporterTo(hook.url, { export_batch_size: 2 });
  const before = await place.ingest(3);
  place.target.start = { id: crypto.randomUUID(), afterId: before.at(-1)! };
  while (await place.exporter.work());
  assert.deepEqual(hook.received, []);
  const after = await place.ingest(4);
  await place.exporter.work();
  const restarted = place.make();
  while (await restarted.work());
  assert.deepEqual(hook.received.flatMap(idsOf), after);
});

Deno.test("Exporter begins anew with each start, also before what it has exported, and gives up what waits", async () => {
  await using hook = receiver(status(204), status(500), status(204));
  await using place = await exporterTo(hook.url, { export_batch_size: 1 });
  const ids = await place.ingest(2);
  while (await place.exporter.work());
  assert.deepEqual(hook.received.flatMap(idsOf), ids, "the second attempt fails");
  place.target.start = { id: crypto.randomUUID(), afterId: FIRST_START.afterId };
  place.clock.nowMs += 3_600_000;
  while (await place.exporter.work());
  assert.deepEqual(hook.received.slice(2).flatMap(idsOf), ids);
  const [dead, ...others] = await place.store.exports.list(10, "dead");
  assert.deepEqual(others, []);
  assert.match(dead!.error!, /the webhook was removed/);
  assert.equal(dead!.firstEventId, ids[1]);
  assert.ok(await place.exporter.retry(dead!.id));
  await place.exporter.work();
  assert.equal((await place.store.exports.get(dead!.id))!.state, "delivered");
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

Deno.test("Exporter leaves a webhook alone that fails again and again, and goes on when it recovers", async () => {
  const failing = Array.from({ length: 6 }, () => status(500));
  await using hook = receiver(...failing, status(200));
  await using place = await exporterTo(hook.url, { export_batch_size: 1 });
  const ids = await place.ingest(8);
  const { exporter, clock, store } = place;
  for (let i = 0; i < 10; i++) await exporter.work();
  assert.equal(hook.received.length, 5, "the circuit is not open");
  const openUntilMs = clock.nowMs + 60_000;
  assert.deepEqual(exporter.health, { circuit: "open", failures: 5, openUntilMs });
  const untried = (await store.exports.list(10)).filter(({ attempts }) => attempts === 0);
  assert.equal(untried.length, 3, "attempts were used up that nobody has made");

  clock.nowMs = openUntilMs;
  assert.equal(exporter.health!.circuit, "half_open");
  for (let i = 0; i < 5; i++) await exporter.work();
  assert.equal(hook.received.length, 6, "more than one attempt was made after the cool-down");
  clock.nowMs += 600_000;
  while (await exporter.work());
  assert.deepEqual(exporter.health, { circuit: "closed", failures: 0, openUntilMs: null });
  assert.deepEqual(new Set(hook.received.slice(6).flatMap(idsOf)), new Set(ids));
});

Deno.test("Exporter gives a webhook the pause that it asks for, for all exports", async () => {
  await using hook = receiver(status(429, { "Retry-After": "120" }), status(200));
  await using place = await exporterTo(hook.url, { export_batch_size: 1 });
  await place.ingest(3);
  await place.exporter.work();
  place.clock.nowMs += 119_000;
  for (let i = 0; i < 3; i++) await place.exporter.work();
  assert.equal(hook.received.length, 1);
  place.clock.nowMs += 1_000;
  while (await place.exporter.work());
  assert.equal(hook.received.length, 4);
});

Deno.test("Exporter delivers what waits to the webhook that is set now, whatever was before", async () => {
  await using mistyped = receiver(status(404));
  await using hook = receiver(status(200));
  await using place = await exporterTo(mistyped.url, { export_batch_size: 1 });
  const ids = await place.ingest(6);
  for (let i = 0; i < 8; i++) await place.exporter.work();
  assert.equal(place.exporter.health!.circuit, "open");
  place.target.url = hook.url;
  assert.equal(place.exporter.health!.circuit, "closed");
  place.clock.nowMs += 60_000;
  while (await place.exporter.work());
  assert.deepEqual(new Set(hook.received.flatMap(idsOf)), new Set(ids));
  assert.equal(mistyped.received.length, 5);
});

Deno.test("Exporter tries at once what is asked for, though the circuit is open", async () => {
  await using hook = receiver(...Array.from({ length: 5 }, () => status(500)), status(200));
  await using place = await exporterTo(hook.url, { export_batch_size: 1 });
  await place.ingest(6);
  for (let i = 0; i < 8; i++) await place.exporter.work();
  const untried = (await place.store.exports.list(10)).find(({ attempts }) => attempts === 0)!;
  assert.ok(await place.exporter.retry(untried.id));
  assert.ok(await place.exporter.work());
  assert.equal(hook.received.length, 6);
  const record = await place.store.exports.get(untried.id);
  assert.deepEqual([record!.state, record!.attempts], ["delivered", 1]);
});

Deno.test("Exporter names events by what they were found to be", async () => {
  await using hook = receiver(status(200));
  await using place = await exporterTo(hook.url, { export_batch_size: 1 });
  const event = newEvent({ total: 1 });
  await place.store.append([event]);
  place.store.appendEnrichments([{
    eventIds: [event.id],
    doneUs: event.receivedUs + 1,
    stage: TYPE_STAGE,
    frameId: null,
    ringGeneration: null,
    result: JSON.stringify({ type: "OrderPlaced" }),
    error: null,
  }]);
  await place.store.flushEnrichments();
  place.isDoneThrough(event.id);
  await place.exporter.work();
  const [node] = hook.received[0]!.body.abox_jsonld["@graph"];
  assert.equal(node!["@type"], "urn:x#OrderPlaced");
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
    [() => silence.promise, "pending", /no answer within 2000 ms/],
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
