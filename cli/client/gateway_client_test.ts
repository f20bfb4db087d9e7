import assert from "node:assert/strict";
import { fakeGateway, type FakeHandler } from "./fixtures.ts";
import { GatewayClient } from "./gateway_client.ts";

/** What a request to this gateway ends with. */
async function failureOf(handler: FakeHandler): Promise<Error & { hint?: string }> {
  await using gateway = fakeGateway(handler);
  const client = new GatewayClient({ url: gateway.url, token: "s3cret" });
  try {
    await client.requestJson("/api/search", {});
  } catch (error) {
    return error as Error;
  }
  assert.fail("the request has succeeded");
}

Deno.test("GatewayClient sends its token, below the path that a proxy gives the gateway", async () => {
  await using gateway = fakeGateway(() => Response.json({ results: [] }));
  const client = new GatewayClient({ url: `${gateway.url}/collider/`, token: "s3cret" });
  assert.deepEqual(await client.requestJson("/api/search", { text: "a" }), { results: [] });
  const [request] = gateway.requests;
  assert.equal(new URL(request!.url).pathname, "/collider/api/search");
  assert.equal(request!.headers.get("authorization"), "Bearer s3cret");
  assert.deepEqual(await request!.json(), { text: "a" });
});

Deno.test("GatewayClient passes on what the gateway says is wrong, as text only", async () => {
  const { message, hint } = await failureOf(() =>
    Response.json({ error: "no\x1b[2J such column", hint: "See DESCRIBE." }, { status: 400 })
  );
  assert.deepEqual([message, hint], ["no␛[2J such column", "See DESCRIBE."]);
});

Deno.test("GatewayClient says what to do about a status without an explanation", async () => {
  const lost = await failureOf(() => new Response("<html>", { status: 404 }));
  assert.deepEqual([lost.message, lost.name], [
    "the gateway answers with HTTP status 404",
    "GatewayRefusedError",
  ]);
  assert.match(lost.hint!, /--url/);
  assert.match((await failureOf(() => new Response("", { status: 401 }))).hint!, /GATEWAY_TOKEN/);
});

Deno.test("GatewayClient follows nobody who redirects, and takes nothing else for JSON", async () => {
  const redirected = await failureOf(() => Response.redirect("http://127.0.0.1:1/"));
  assert.equal(redirected.name, "GatewayUnreachableError");
  assert.equal((await failureOf(() => new Response("OK"))).name, "GatewayAnswerError");
});
