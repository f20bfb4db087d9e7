import assert from "node:assert/strict";
import { EmbedClient, type EmbedClientOptions } from "./embed_client.ts";
import {
  ModelBusyError,
  ModelFailedError,
  ModelStuckError,
  ModelTimeoutError,
  ModelUnavailableError,
  ModelWorkerError,
} from "./errors.ts";
import type { ModelState } from "./worker/model_client.ts";

const RING = { address: 0n, sizeBytes: 0, capacity: 256 };

/** A worker without a ring, which does what the first text of a batch says. */
const OBEDIENT_WORKER = workerUrl(`
  import { SlotLease } from ${JSON.stringify(import.meta.resolve("./worker/slot_lease.ts"))};
  let lease;
  onmessage = ({ data: { id, lease: shared, request } }) => {
    if (shared !== undefined) {
      lease = new SlotLease(shared);
      postMessage({ kind: "ready", about: { names: ["obedient"] } });
      return;
    }
    const { texts } = request;
    const [command] = texts;
    const result = { codes: new Uint8Array([texts.length]), boosts: new Float32Array(1) };
    if (command === "embed") postMessage({ kind: "done", id, result });
    if (command === "fail") postMessage({ kind: "failed", id, reason: "not today" });
    if (command === "die") throw new Error("out of memory");
    if (command === "die once") {
      try {
        Deno.mkdirSync(texts[1]);
      } catch {
        postMessage({ kind: "done", id, result: texts });
        return;
      }
      throw new Error("out of memory, once");
    }
    if (command === "never let go" || command === "die writing") lease.hold();
    if (command === "die writing") throw new Error("out of luck");
    if (command === "measure") postMessage({ kind: "done", id, result: texts[1].length });
  };`);

function workerUrl(script: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
}

function start(options: Partial<EmbedClientOptions> = {}): Promise<EmbedClient> {
  return EmbedClient.start({ ring: RING, workerUrl: OBEDIENT_WORKER, backoffMs: 0, ...options });
}

async function isUsable(client: EmbedClient): Promise<boolean> {
  return (await client.embed(0, ["embed"])).codes[0] === 1;
}

Deno.test("EmbedClient goes on after a batch that the embedder refused", async () => {
  const client = await start();
  await assert.rejects(client.embed(0, ["fail"]), ModelFailedError);
  assert.ok(await isUsable(client));
  await client.close();
});

Deno.test("EmbedClient embeds the batches that die with another one, and rejects only that", async () => {
  const client = await start();
  const batches = ["embed", "embed", "die", "embed", "embed"].map((text, i) =>
    client.embed(i, [text])
  );
  const outcomes = await Promise.allSettled(batches);
  assert.deepEqual(outcomes.map(({ status }) => status), [
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  const [, , poison] = outcomes;
  assert.ok(poison?.status === "rejected" && poison.reason instanceof ModelWorkerError);
  assert.match(poison.reason.message, /out of memory/);
  assert.ok(await isUsable(client));
  await client.close();
});

Deno.test("EmbedClient loses nothing when its worker dies once, and waits while it is restarted", async () => {
  const directory = await Deno.makeTempDir({ prefix: "collider-embed-" });
  const client = await start({ backoffMs: 50 });
  const batch = ["die once", `${directory}/died`];
  const others = [client.embed(2, ["embed"]), client.embed(3, ["embed"])];
  const first = client.embed(0, batch);
  const last = client.embed(4, ["embed"]);
  assert.deepEqual(await first, batch);
  for (const { codes } of await Promise.all([...others, last])) assert.equal(codes[0], 1);
  await client.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("EmbedClient takes the slots back from a worker that died while writing", async () => {
  const client = await start();
  await assert.rejects(client.embed(0, ["die writing"]), ModelWorkerError);
  assert.ok(await isUsable(client));
  await client.close();
});

Deno.test("EmbedClient gives up a worker that does not answer in time, and restarts it", async () => {
  const client = await start({ timeoutMs: 300 });
  await assert.rejects(client.embed(0, ["say nothing"]), ModelTimeoutError);
  assert.ok(await isUsable(client));
  await client.close();
});

Deno.test("EmbedClient refuses batches when the restart is far away, which it never is for long", async () => {
  const client = await start({ backoffMs: 3_600_000 });
  await assert.rejects(client.embed(0, ["die"]), /is restarted in 300 s/);
  await assert.rejects(client.embed(0, ["embed"]), ModelUnavailableError);
  await client.close();
});

Deno.test("EmbedClient goes on trying a worker that dies again and again, and says each change of its state once", async () => {
  const states: [ModelState, boolean][] = [];
  const client = await start({
    restartsMax: 2,
    onState: (state, cause) => states.push([state, cause instanceof ModelWorkerError]),
  });
  for (let i = 0; i < 4; i++) await assert.rejects(client.embed(0, ["die"]), ModelWorkerError);
  assert.ok(await isUsable(client));
  await client.close();
  assert.deepEqual(states, [["restarting", true], ["failing", true], ["working", false]]);
});

Deno.test("EmbedClient stops restarting a worker that hangs again and again", async () => {
  const client = await start({ timeoutMs: 100, restartsMax: 1 });
  for (let life = 0; life < 2; life++) {
    await assert.rejects(client.embed(0, ["say nothing"]), ModelTimeoutError);
  }
  await assert.rejects(client.embed(0, ["embed"]), /never did anything in time/);
  await client.close();
});

Deno.test("EmbedClient forgets failures once a batch was embedded", async () => {
  const client = await start({ restartsMax: 1 });
  for (let life = 0; life < 3; life++) {
    assert.ok(await isUsable(client));
    await assert.rejects(client.embed(0, ["die"]), ModelWorkerError);
  }
  await client.close();
});

Deno.test("EmbedClient says when a worker can't be kept from writing", async () => {
  const client = await start({ timeoutMs: 300 });
  await assert.rejects(client.embed(0, ["never let go"]), ModelStuckError);
  await assert.rejects(client.embed(0, ["embed"]), ModelStuckError);
  await assert.rejects(client.close(), ModelStuckError);
});

Deno.test("EmbedClient bounds the batches that wait", async () => {
  const client = await start();
  const waiting = Array.from({ length: 64 }, (_, i) => client.embed(i, ["say nothing"]));
  await assert.rejects(client.embed(64, ["embed"]), ModelBusyError);
  await client.close();
  for (const batch of waiting) await assert.rejects(batch, ModelUnavailableError);
});

Deno.test("EmbedClient sends no more of a text than an embedder looks at", async () => {
  const client = await start();
  const length = await client.embed(0, ["measure", "x".repeat(100_000)]);
  assert.equal(length, 65_536);
  await client.close();
});

Deno.test("EmbedClient refuses more texts than there are slots", async () => {
  const client = await start();
  await assert.rejects(client.embed(0, new Array(257).fill("embed")), RangeError);
  await client.close();
});

Deno.test("EmbedClient does not start without an embedder", async () => {
  const unready = workerUrl(`onmessage = () => postMessage({ kind: "not_ready", reason: "no" });`);
  await assert.rejects(start({ workerUrl: unready }), ModelWorkerError);
  const mute = workerUrl(`onmessage = () => {};`);
  await assert.rejects(
    start({ workerUrl: mute, startTimeoutMs: 20, timeoutMs: 20 }),
    ModelTimeoutError,
  );
  const broken = workerUrl(`import "./missing.ts";`);
  await assert.rejects(start({ workerUrl: broken }), ModelWorkerError);
});

Deno.test("EmbedClient is closed for good", async () => {
  const client = await start();
  await client.close();
  await client.close();
  await assert.rejects(client.embed(0, ["embed"]), ModelUnavailableError);
});
