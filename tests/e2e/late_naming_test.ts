import assert from "node:assert/strict";
import { FakeOpenAiServer } from "../fakes/openai_server.ts";
import { refuse, replyTo } from "../fakes/openai_server_behaviours.ts";
import { eventually, Gateway } from "./gateway.ts";

const ORDER = { order_id: 7, total: 12.5 };
const LOGIN = { login: "ana", browser: "firefox" };

interface Stage {
  readonly stage: string;
  readonly result: { readonly type: string } | null;
  readonly error: string | null;
}

interface Event {
  readonly type: string;
  readonly frame_id: number | null;
  readonly stages: readonly Stage[];
}

/** Says what it is by its members. */
const naming = replyTo(({ messages }) => {
  const type = messages.at(-1)!.content!.includes("order_id") ? "OrderPlaced" : "UserLogin";
  return JSON.stringify({ type, confidence: 0.9, intent: null, sentiment: 0 });
});

/** The address of a language model whose server is not running, and can be started. */
async function serverThatIsAway() {
  await using server = new FakeOpenAiServer();
  const { baseUrl } = server;
  return {
    flags: ["--llm-base-url", baseUrl, "--infer-timeout", "0"],
    start: () => {
      const started = new FakeOpenAiServer({ port: Number(new URL(baseUrl).port) });
      started.behave(naming);
      return started;
    },
  };
}

async function eventOf(gateway: Gateway, id: string): Promise<Event> {
  return await (await gateway.fetch(`/api/events/${id}`)).json();
}

/** The event when it has its frame, and no name yet. */
async function published(gateway: Gateway, id: string): Promise<Event> {
  const event = await eventually("the event's frame", async () => {
    const found = await eventOf(gateway, id);
    // The event and its stages are read side by side: one may be newer than the other.
    const isDone = found.stages.some(({ stage }) => stage === "publish");
    return isDone && found.frame_id !== null ? found : undefined;
  });
  assert.equal(event.type, "UnknownEvent");
  return event;
}

async function named(gateway: Gateway, id: string): Promise<Event> {
  return await eventually("the event's name", async () => {
    const event = await eventOf(gateway, id);
    return event.type !== "UnknownEvent" && namesOf(event).length > 0 ? event : undefined;
  }, 30_000);
}

function namesOf({ stages }: Event): (string | undefined)[] {
  return stages.filter(({ stage, result }) => stage === "type" && result !== null)
    .map(({ result }) => result?.type);
}

Deno.test("events get their names when the language model is there again", async () => {
  const away = await serverThatIsAway();
  await using gateway = await Gateway.start({ flags: away.flags });
  const order = await gateway.ingest(ORDER);
  const login = await gateway.ingest(LOGIN);
  const before = await published(gateway, order);
  await published(gateway, login);

  await using llm = away.start();
  const after = await named(gateway, order);
  assert.equal((await named(gateway, login)).type, "UserLogin");
  assert.equal(after.type, "OrderPlaced");
  assert.equal(after.frame_id, before.frame_id);
  assert.match(after.stages[0]!.error!, /away/);
  assert.equal(llm.requests.length, 2);

  const { events } = await (await gateway.fetch("/api/events?type=OrderPlaced")).json();
  assert.deepEqual(events.map(({ id }: { id: string }) => id), [order]);
  const schema = await (await gateway.fetch("/api/schemas/UserLogin")).json();
  assert.deepEqual(schema.fields, ["login", "browser"]);
  const metrics = await gateway.fetch("/metrics", { headers: { Accept: "text/plain" } });
  assert.match(await metrics.text(), /collider_late_names_total\{outcome="named"\} 2/);
  await gateway.stop();
});

for (const ending of ["stop", "kill"] as const) {
  Deno.test(`events get their names once, also after a ${ending} of the gateway`, async () => {
    const away = await serverThatIsAway();
    const directory = await Deno.makeTempDir({ prefix: "collider-late-" });
    const options = { directory, flags: away.flags };
    let gateway = await Gateway.start(options);
    const order = await gateway.ingest(ORDER);
    await published(gateway, order);
    await gateway[ending]();

    await using llm = away.start();
    gateway = await Gateway.start(options);
    assert.equal((await named(gateway, order)).type, "OrderPlaced");
    await gateway[ending]();

    gateway = await Gateway.start(options);
    const login = await gateway.ingest(LOGIN);
    assert.deepEqual(namesOf(await named(gateway, login)), ["UserLogin"]);
    assert.deepEqual(namesOf(await eventOf(gateway, order)), ["OrderPlaced"]);
    assert.equal(llm.requests.length, 2);
    await gateway.stop();
    await Deno.remove(directory, { recursive: true });
  });
}

Deno.test("events get their names though the language model has refused them as one too many", async () => {
  await using llm = new FakeOpenAiServer();
  llm.behave(refuse(429, { headers: { "retry-after-ms": "1" } }));
  await using gateway = await Gateway.start({
    flags: ["--llm-base-url", llm.baseUrl, "--infer-timeout", "0"],
  });
  const order = await gateway.ingest(ORDER);
  assert.match((await published(gateway, order)).stages[0]!.error!, /busy/);
  llm.behave(naming);
  assert.equal((await named(gateway, order)).type, "OrderPlaced");
  await gateway.stop();
});
