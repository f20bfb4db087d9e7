import assert from "node:assert/strict";
import { eventually, Gateway } from "./gateway.ts";

async function json(gateway: Gateway, path: string) {
  const response = await gateway.fetch(path);
  assert.equal(response.status, 200);
  return await response.json();
}

Deno.test("events are listed in both directions from a cursor", async () => {
  await using gateway = await Gateway.start();
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.push(await gateway.ingest({ type: "Tick", n }));
  const numbers = async (query: string) => {
    const { events } = await json(gateway, `/api/events?${query}`);
    return events.map(({ data }: { data: { n: number } }) => data.n);
  };
  assert.deepEqual(await numbers("limit=2"), [4, 3]);
  assert.deepEqual(await numbers("order=asc&limit=2"), [0, 1]);
  assert.deepEqual(await numbers(`order=asc&cursor=${ids[2]}`), [3, 4]);
  assert.deepEqual(await numbers(`cursor=${ids[2]}`), [1, 0]);
  assert.equal((await gateway.fetch("/api/events?order=up")).status, 400);
});

Deno.test("the newest frames are shown with what is in them", async () => {
  await using gateway = await Gateway.start({ ringCapacity: 4 });
  for (let n = 0; n < 5; n++) {
    await gateway.ingest({ type: "UserMessage", message: `m${n}`, actor: "human", sentiment: 0.5 });
  }
  const id = await gateway.ingest({ type: "Order", lead_status: "hot", conversation_id: "c" });
  const ring = await eventually("the frame", async () => {
    const ring = await json(gateway, "/api/frames?limit=3");
    return ring.head === 6 ? ring : undefined;
  });
  const { tail, capacity_frames, gravity, attractors, frames } = ring;
  assert.deepEqual({ tail, capacity_frames, gravity, attractors }, {
    tail: 2,
    capacity_frames: 4,
    gravity: 1,
    attractors: [],
  });
  assert.deepEqual(frames.map(({ frame_id }: { frame_id: number }) => frame_id), [5, 4, 3]);
  const [order, message] = frames;
  assert.equal(order.event_id, id);
  assert.deepEqual([order.intent, order.lead_status, order.embedder], ["Order", 2, "hashing"]);
  // SHA-256 of "c" begins with 2e7d2c03a9507ae2; the frame holds it as a little-endian number.
  assert.equal(order.conversation_hash, "e27a50a9032c7d2e");
  assert.deepEqual([message.intent, message.actor_type, message.sentiment], [
    "UserMessage",
    1,
    0.5,
  ]);
  assert.ok(Math.abs(Math.hypot(...message.spin) - 1) < 1e-5);
});

Deno.test("a schema's volume counts its events by the minute", async () => {
  await using gateway = await Gateway.start();
  for (const type of ["A", "B", "A"]) await gateway.ingest({ type });
  const { bucket_seconds, counts } = await json(gateway, "/api/schemas/A/volume?minutes=10");
  assert.equal(bucket_seconds, 60);
  assert.equal(counts.length, 10);
  assert.equal(counts.at(-1) + counts.at(-2), 2);
  const missing = await gateway.fetch("/api/schemas/C/volume");
  assert.deepEqual([missing.status, (await missing.json()).error], [404, "Schema not found"]);
});

Deno.test("the metrics tell what a dashboard shows", async () => {
  await using gateway = await Gateway.start();
  await gateway.ingest({ type: "A" });
  const metrics = await json(gateway, "/metrics");
  assert.equal(metrics.events_stored, 1);
  assert.equal(metrics.stages.ingest.count, 1);
  assert.deepEqual(metrics.stages.ingest.buckets.at(-1), [null, 1]);
  assert.equal(metrics.ring.capacity_frames, 1024);
  assert.equal(metrics.memory.ring_bytes, 1_052_672 + 1024 * 4_224);
  assert.deepEqual(metrics.embedder.names, ["hashing-1"]);
});

Deno.test("the log can be read from where it was read last", async () => {
  await using gateway = await Gateway.start();
  const { lines, last_seq } = await json(gateway, "/api/logs");
  const ready = lines.find(({ message }: { message: string }) => message === "collider is ready");
  assert.equal(ready.level, "info");
  assert.equal(ready.fields.url, gateway.url);
  assert.deepEqual(await json(gateway, `/api/logs?after=${last_seq}`), { lines: [], last_seq });
});
