import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually, Gateway } from "../e2e/gateway.ts";
import { programCommand } from "../e2e/program.ts";
import { fullyPublished, listEvents, post, postLines, temporaryDirectory } from "./fixtures.ts";

const CONNECTIONS = 64;
const SHUTDOWN_LIMIT_MS = 10_000;

Deno.test({
  name: "SIGTERM under load drains: exit 0 within 10 s, and all that was acknowledged is stored",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using directory = await temporaryDirectory();
    await using gateway = await Gateway.start({ directory: directory.path });
    const acknowledged: string[] = [];
    let isStopping = false;
    const client = async () => {
      while (!isStopping) {
        const id = await post(gateway, { event_type: "Message" }).catch(() => null);
        if (id !== null) acknowledged.push(id);
      }
    };
    const load = Array.from({ length: CONNECTIONS }, client);
    await eventually("load", () => acknowledged.length > 1_000 || undefined);
    const signalledMs = performance.now();
    gateway.signal();
    const { code, stderr } = await gateway.ending();
    assert.equal(code, 0, stderr);
    assert.ok(performance.now() - signalledMs < SHUTDOWN_LIMIT_MS);
    isStopping = true;
    await Promise.all(load);

    await using restarted = await Gateway.start({ directory: directory.path });
    const stored = new Set((await listEvents(restarted)).map(({ id }) => id));
    assert.deepEqual(acknowledged.filter((id) => !stored.has(id)), []);
    await fullyPublished(restarted);
    await restarted.stop();
  },
});

Deno.test({
  name: "a client that stalls does not keep the gateway from stopping in good order",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using gateway = await Gateway.start();
    const { hostname, port } = new URL(gateway.url);
    using follower = await Deno.connect({ hostname, port: Number(port) });
    const request = `GET /api/events/stream HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
    await follower.write(new TextEncoder().encode(request));
    await eventually("the follower", async () => {
      const { subscribers } = await (await gateway.fetch("/metrics")).json();
      return subscribers === 1 || undefined;
    });
    // More than the sockets between them take.
    const text = "x".repeat(100_000);
    await postLines(gateway, Array.from({ length: 200 }, () => ({ type: "Message", text })));
    await fullyPublished(gateway);
    gateway.signal();
    const { code, stderr } = await gateway.ending();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /collider has stopped/);
  },
});

Deno.test({
  name: "an upload that a stop cuts off is told what is stored of it, and to come again",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using gateway = await Gateway.start();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const uploading = gateway.fetch("/ingest", {
      method: "POST",
      headers: { "Content-Type": "application/x-ndjson" },
      body: readable,
    });
    const upload = writable.getWriter();
    await upload.write(new TextEncoder().encode('{"n": 1}\n{"n": 2}\n{"n":'));
    await eventually("the events", async () => {
      const { events_ingested } = await (await gateway.fetch("/metrics")).json();
      return events_ingested === 2 || undefined;
    });
    gateway.signal();
    const response = await uploading;
    const { code, accepted } = await response.json();
    assert.deepEqual([response.status, code, accepted], [503, "stopping", 2]);
    assert.ok(response.headers.has("Retry-After"));
    upload.close().catch(() => {});
    assert.equal((await gateway.ending()).code, 0);
  },
});

Deno.test({
  name: "a clean stop folds the log into the database, though a client has left a query",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using gateway = await Gateway.start();
    const count = 2_000;
    await postLines(gateway, Array.from({ length: count }, () => ({ type: "Message" })));
    const response = await gateway.fetch("/api/query", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/csv" },
      body: JSON.stringify({ sql: "FROM events, range(10_000)", max_rows: 10_000_000 }),
    });
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await gateway.stop();
    await assert.rejects(Deno.stat(`${gateway.databasePath}.wal`), Deno.errors.NotFound);
    await using restarted = await Gateway.start({ directory: gateway.directory });
    assert.equal((await listEvents(restarted)).length, count);
    await restarted.stop();
  },
});

Deno.test({
  name: "a log that can't be written keeps the gateway neither from its work nor from ending well",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using directory = await temporaryDirectory();
    const port = freePort();
    const { command, args, cwd, env } = await programCommand([
      ...["serve", "--no-tui", "--no-llm", "--port", String(port), "--data-dir", directory.path],
      ...["--ring-path", join(directory.path, "ring"), "--ring-capacity", "64"],
    ]);
    await using gateway = new Deno.Command("sh", {
      ...{ cwd, env, stdout: "null" },
      args: ["-c", 'exec "$@" 2>/dev/full', "sh", command, ...args],
    }).spawn();
    await eventually("an answer", async () => {
      const response = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null);
      await response?.body?.cancel();
      return response?.ok || undefined;
    });
    gateway.kill("SIGTERM");
    assert.equal((await gateway.status).code, 0);
  },
});

/** A port that nobody listens on now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test({
  name: "a second signal ends at once, and a restart takes up what was acknowledged",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const count = 8_000;
    await using directory = await temporaryDirectory();
    await using gateway = await Gateway.start({ directory: directory.path });
    const messages = Array.from({ length: count }, () => ({ event_type: "Message" }));
    // Their frames hold the first signal's shutdown up.
    assert.equal(await postLines(gateway, messages), count);
    // Two kinds, because signals of one kind that come too fast are merged into one.
    gateway.signal("SIGTERM");
    gateway.signal("SIGINT");
    const { code, stderr } = await gateway.ending();
    assert.equal(code, 130, stderr);

    await using restarted = await Gateway.start({ directory: directory.path });
    assert.equal((await fullyPublished(restarted)).length, count);
    await restarted.stop();
  },
});
