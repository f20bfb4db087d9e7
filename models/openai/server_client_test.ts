import assert from "node:assert/strict";
import { AnswerTooLargeError, modelErrorIn, reasonOf, ServerUnreachableError } from "./errors.ts";
import { serverClient } from "./server_client.ts";

const OPTIONS = { timeoutMs: 5_000, retries: 0, answerBytesMax: 1_000 };
/** What the package reads, with values that must not get anywhere. */
const VARIABLES = {
  OPENAI_BASE_URL: "http://127.0.0.1:1/v1",
  OPENAI_API_KEY: "leaked",
  OPENAI_ADMIN_KEY: "leaked",
  OPENAI_ORG_ID: "leaked",
  OPENAI_PROJECT_ID: "leaked",
  OPENAI_WEBHOOK_SECRET: "leaked",
  OPENAI_LOG: "debug",
  OPENAI_CUSTOM_HEADERS: "X-Leaked: leaked\nAuthorization: leaked",
};

/** A server that lists models, and keeps the headers that it gets. */
function modelServer(answer = () => Response.json({ data: [{ id: "tiny" }] })) {
  const headers: Headers[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    headers.push(request.headers);
    return answer();
  });
  return {
    headers,
    baseUrl: `http://127.0.0.1:${server.addr.port}/v1`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Does something while environment variables are set. */
async function withVariables(variables: Record<string, string>, act: () => Promise<void>) {
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    await act();
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
}

Deno.test("serverClient sends what it was given, and nothing from the environment", async () => {
  await using server = modelServer();
  await withVariables(VARIABLES, async () => {
    await serverClient({ ...OPTIONS, baseUrl: server.baseUrl }).models.list();
    await serverClient({ ...OPTIONS, baseUrl: server.baseUrl, apiKey: "secret" }).models.list();
    assert.equal(Deno.env.get("OPENAI_API_KEY"), "leaked", "the environment was changed");
  });
  const sent = server.headers.map((headers) => [...headers].join("\n"));
  assert.equal(sent.length, 2);
  for (const each of sent) assert.doesNotMatch(each, /leaked|stainless|openai/i);
  assert.doesNotMatch(sent[0]!, /authorization/i);
  assert.match(sent[1]!, /^authorization,Bearer secret$/m);
});

Deno.test("serverClient takes no harm from a malformed OPENAI_CUSTOM_HEADERS", async () => {
  await using server = modelServer();
  for (const malformed of ["b@d name: x", ": x", "X-A: \u{1f600}", "no colon"]) {
    await withVariables({ OPENAI_CUSTOM_HEADERS: malformed }, async () => {
      const { data } = await serverClient({ ...OPTIONS, baseUrl: server.baseUrl }).models.list();
      assert.equal(data[0]!.id, "tiny");
    });
  }
});

Deno.test("serverClient says what is behind an error of the package", async () => {
  await using server = modelServer(() => new Response(`"${"x".repeat(2_000)}"`));
  const cases = [
    ["http://127.0.0.1:1/v1", ServerUnreachableError, /no server can be reached/],
    [server.baseUrl, AnswerTooLargeError, /larger than 1000 bytes/],
  ] as const;
  for (const [baseUrl, type, message] of cases) {
    const error = await serverClient({ ...OPTIONS, baseUrl }).models.list().then(
      () => assert.fail("it answered"),
      (error) => error,
    );
    assert.ok(modelErrorIn(error) instanceof type);
    assert.match(reasonOf(error), message);
  }
  assert.equal(reasonOf(new Error("x".repeat(1_000))).length, 200);
});
