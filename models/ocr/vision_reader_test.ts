import assert from "node:assert/strict";
import { ModelFailedError, ModelTimeoutError, ModelUnavailableError } from "../errors.ts";
import { VisionReader } from "./vision_reader.ts";

const PAGE = { width: 4, height: 2, rgb: new Uint8Array(24).fill(255) };

/** A server whose vision model gives one answer. */
function visionServer(answer: Response | string) {
  const requests: { model: string; url: string; headers: string }[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { model, messages: [{ content }] } = await request.json();
      const headers = [...request.headers].join("\n");
      requests.push({ model, url: content[1].image_url.url, headers });
      if (typeof answer !== "string") return answer.clone();
      return Response.json({ choices: [{ message: { role: "assistant", content: answer } }] });
    },
  );
  return {
    requests,
    reader: new VisionReader({
      baseUrl: `http://127.0.0.1:${server.addr.port}/v1`,
      model: "vision",
      timeoutMs: 5_000,
    }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("VisionReader sends the page as a picture, and takes the answer without its fence", async () => {
  await using server = visionServer("```markdown\n# Invoice\n\n<b>Total</b> & more\n```\n");
  const page = await server.reader.readPage(PAGE);
  assert.deepEqual(page, {
    width: 4,
    height: 2,
    lines: [],
    markdown: "# Invoice\n\n&lt;b&gt;Total&lt;/b&gt; &amp; more",
  });
  assert.equal(server.requests[0]!.model, "vision");
  assert.match(server.requests[0]!.url, /^data:image\/png;base64,iVBORw0KGgo/);
  assert.doesNotMatch(server.requests[0]!.headers, /authorization|stainless/i);
});

Deno.test("VisionReader says when the server gives nothing", async () => {
  for (
    const [answer, error] of [
      [Response.json({ choices: [] }), ModelFailedError],
      [new Response(null, { status: 400 }), ModelFailedError],
      [new Response(null, { status: 404 }), ModelUnavailableError],
    ] as const
  ) {
    await using server = visionServer(answer);
    await assert.rejects(server.reader.readPage(PAGE), error);
  }
});

Deno.test("VisionReader lets no further page wait for a server that did not answer in time", async () => {
  const silence = Promise.withResolvers<Response>();
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    requests++;
    return silence.promise;
  });
  const reader = new VisionReader({
    baseUrl: `http://127.0.0.1:${server.addr.port}/v1`,
    model: "vision",
    timeoutMs: 100,
  });
  await assert.rejects(reader.readPage(PAGE), ModelTimeoutError);
  await assert.rejects(reader.readPage(PAGE), ModelUnavailableError);
  assert.equal(requests, 1);
  silence.resolve(new Response());
  await server.shutdown();
});
