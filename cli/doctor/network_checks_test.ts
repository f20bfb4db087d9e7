import assert from "node:assert/strict";
import { fakeGateway, type FakeHandler } from "../client/fixtures.ts";
import { checkAddress, checkLlm } from "./network_checks.ts";

const HOST = "127.0.0.1";

async function addressOf(handler: FakeHandler) {
  await using server = fakeGateway(handler);
  return await checkAddress({ host: HOST, port: Number(new URL(server.url).port) });
}

async function llmOf(handler: FakeHandler, flags: { llmModel?: string; llmApiKey?: string } = {}) {
  await using server = fakeGateway(handler);
  const finding = await checkLlm({ llm: true, llmBaseUrl: `${server.url}/v1`, ...flags });
  return { ...finding, request: server.requests[0]! };
}

const models = (...ids: string[]) => () => Response.json({ data: ids.map((id) => ({ id })) });

Deno.test("checkAddress knows a free port", async () => {
  const { finding, isGatewayRunning } = await checkAddress({ host: HOST, port: 0 });
  assert.deepEqual([finding.status, isGatewayRunning], ["ok", false]);
});

Deno.test("checkAddress tells a gateway from anything else on its port", async () => {
  const gateway = await addressOf(({ url }) =>
    url.endsWith("/health") ? new Response("OK") : Response.json({ status: "ready" })
  );
  assert.deepEqual([gateway.finding.status, gateway.isGatewayRunning], ["ok", true]);

  const sick = await addressOf(({ url }) =>
    new Response("OK", { status: url.endsWith("/health") ? 200 : 503 })
  );
  assert.deepEqual([sick.finding.status, sick.isGatewayRunning], ["broken", true]);
  assert.match(sick.finding.hint!, /\/ready$/);

  const other = await addressOf(() => new Response("<html>"));
  assert.deepEqual([other.finding.status, other.isGatewayRunning], ["broken", false]);
  assert.match(other.finding.hint!, /--port/);
});

Deno.test("checkLlm asks the configured server, with its key", async () => {
  const { status, message, request } = await llmOf(models("qwen3", "bge"), { llmApiKey: "k" });
  assert.equal(status, "ok");
  assert.match(message, /\/v1 has qwen3, bge$/);
  assert.equal(new URL(request.url).pathname, "/v1/models");
  assert.equal(request.headers.get("authorization"), "Bearer k");
});

Deno.test("checkLlm says what is wrong with the server, and what to do", async () => {
  for (
    const [handler, says] of [
      [models("qwen3"), /has no llama$/],
      [() => new Response("", { status: 401 }), /HTTP status 401$/],
      [() => new Response("<html>"), /the answer is no list$/],
      [() => Response.redirect("http://127.0.0.1:1/"), /no answer$/],
    ] as const
  ) {
    const { status, message, hint } = await llmOf(handler, { llmModel: "llama" });
    assert.equal(status, "broken");
    assert.match(message, says);
    assert.match(hint!, /--llm-/);
  }
});

Deno.test("checkLlm asks nobody with --no-llm", async () => {
  const { status } = await checkLlm({ llm: false, llmBaseUrl: "http://127.0.0.1:1/v1" });
  assert.equal(status, "ok");
});
