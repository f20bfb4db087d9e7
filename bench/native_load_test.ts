import assert from "node:assert/strict";
import { runLoad } from "./native_load.ts";

const RECEIVED = {
  status: "received",
  event_type: "Message",
  id: "01890000-0000-7000-8000-000000000000",
};

/** The generator speaks to POSIX sockets. */
const ignore = Deno.build.os === "windows";

/** Runs a load of three connections on a server with this handler. */
async function load(handler: (request: Request) => Response | Promise<Response>) {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  const url = `http://127.0.0.1:${server.addr.port}/ingest`;
  return await runLoad({ url, connections: 3, warmupMs: 20, durationMs: 300 });
}

Deno.test("runLoad sends events, the next one when the last is answered", { ignore }, async () => {
  const numbers: number[] = [];
  let [underWay, mostUnderWay] = [0, 0];
  const { requestsPerS, p50Ms, p99Ms, clientCpu } = await load(async (request) => {
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    assert.equal(new URL(request.url).pathname, "/ingest");
    numbers.push(Object.keys(await request.json()).length);
    await new Promise((resolve) => setTimeout(resolve, 1));
    underWay--;
    return Response.json(RECEIVED);
  });
  assert.equal(mostUnderWay, 3);
  assert.ok(numbers.length > 3 && numbers.every((members) => members > 0));
  assert.ok(requestsPerS > 0 && p50Ms >= 1 && p99Ms >= p50Ms);
  assert.ok(clientCpu > 0 && clientCpu < 1);
});

Deno.test("runLoad takes answers that come in parts", { ignore }, async () => {
  const text = JSON.stringify(RECEIVED);
  const { requestsPerS } = await load(() => {
    const parts = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode(text.slice(0, 9)));
        await new Promise((resolve) => setTimeout(resolve, 2));
        controller.enqueue(new TextEncoder().encode(text.slice(9)));
        controller.close();
      },
    });
    return new Response(parts, { headers: { "Content-Length": String(text.length) } });
  });
  assert.ok(requestsPerS > 0);
});

Deno.test(
  "runLoad shows an answer that is no 200, and one that is another's",
  { ignore },
  async () => {
    await assert.rejects(load(() => new Response("no", { status: 503 })), /HTTP\/1.1 503 [^]*no$/);
    await assert.rejects(load(() => Response.json({ status: "lost" })), /unexpected answer.*lost/);
  },
);

Deno.test("runLoad says that nobody listens", { ignore }, async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/ingest`;
  listener.close();
  const options = { url, connections: 1, warmupMs: 0, durationMs: 10 };
  await assert.rejects(runLoad(options), /the load generator failed: Connection refused/);
});
