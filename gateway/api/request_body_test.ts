import assert from "node:assert/strict";
import { BodyTooLargeError, BrokenBodyError, UnsupportedMediaTypeError } from "./errors.ts";
import { bodyStream, readBody } from "./request_body.ts";

const TEXT = "ten bytes.".repeat(10);

/** A request as the server makes it, which has `Content-Length` only if the client sends it. */
function requestWith(body: BodyInit | null, headers: Record<string, string> = {}): Request {
  return new Request("http://127.0.0.1/ingest", { method: "POST", body, headers });
}

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(
    new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
}

async function read(request: Request, maxBytes = 1_000): Promise<string> {
  return new TextDecoder().decode(await readBody(request, maxBytes));
}

Deno.test("readBody reads a body of declared length", async () => {
  assert.equal(await read(requestWith(TEXT, { "content-length": "100" }), 100), TEXT);
});

Deno.test("readBody reads a body of unknown length, and none", async () => {
  assert.equal(await read(requestWith(new Blob([TEXT]).stream()), 100), TEXT);
  assert.equal(await read(requestWith(null)), "");
});

Deno.test("readBody refuses a body that is declared too large, without reading it", async () => {
  let isRead = false;
  const body = new ReadableStream({ pull: () => void (isRead = true) }, { highWaterMark: 0 });
  await assert.rejects(
    read(requestWith(body, { "content-length": "101" }), 100),
    BodyTooLargeError,
  );
  assert.equal(isRead, false);
});

Deno.test("readBody stops reading a body of unknown length that has become too large", async () => {
  let chunks = 0;
  let isCancelled = false;
  const long = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(60));
      if (++chunks === 1_000) controller.close();
    },
    cancel: () => void (isCancelled = true),
  });
  await assert.rejects(read(requestWith(long), 100), BodyTooLargeError);
  assert.ok(chunks < 10, `${chunks} chunks`);
  assert.ok(isCancelled);
});

Deno.test("readBody decompresses gzip, whose name may be in any case", async () => {
  const body = await gzip(TEXT);
  assert.equal(await read(requestWith(body, { "content-encoding": "gzip" })), TEXT);
  assert.equal(await read(requestWith(body, { "content-encoding": " GZip" })), TEXT);
  assert.equal(await read(requestWith(TEXT, { "content-encoding": "identity" })), TEXT);
});

Deno.test("readBody decompresses a body of several members (RFC 1952, section 2.2)", async () => {
  const members = new Blob([await gzip(TEXT), await gzip("more")]);
  const request = requestWith(members.stream(), { "content-encoding": "gzip" });
  assert.equal(await read(request), `${TEXT}more`);
});

Deno.test("readBody gives a compressed body up where its reader does", async () => {
  const headers = { "content-encoding": "gzip" };
  const body = await gzip("0".repeat(1_000_000));
  for (const cut of [body.length, 400]) {
    for await (const chunk of bodyStream(requestWith(body.subarray(0, cut), headers))) {
      assert.ok(chunk.length <= 65_536, `${chunk.length} bytes at once`);
      break;
    }
  }
  const failing = new ReadableStream({ start: (stream) => stream.error(new Error("reset")) });
  await assert.rejects(read(requestWith(failing, headers)), BrokenBodyError);
});

Deno.test("readBody bounds what a body decompresses to", async () => {
  const bomb = await gzip("0".repeat(1_000_000));
  assert.ok(bomb.length < 2_000);
  const headers = { "content-encoding": "gzip", "content-length": String(bomb.length) };
  await assert.rejects(read(requestWith(bomb, headers), 10_000), BodyTooLargeError);
});

Deno.test("readBody says so when the body is not gzip, or not all of it", async () => {
  const body = await gzip(TEXT);
  for (const broken of [new TextEncoder().encode(TEXT), body.subarray(0, body.length - 9)]) {
    const request = requestWith(broken, { "content-encoding": "gzip" });
    await assert.rejects(read(request), BrokenBodyError);
  }
});

Deno.test("readBody says so when the body ends early", async () => {
  const body = new ReadableStream({ start: (stream) => stream.error(new Error("reset")) });
  await assert.rejects(read(requestWith(body)), BrokenBodyError);
});

Deno.test("readBody refuses a compression that it does not know", async () => {
  const request = requestWith(TEXT, { "content-encoding": "br" });
  await assert.rejects(
    read(request),
    (error) => error instanceof UnsupportedMediaTypeError && /\bbr\b/.test(error.message),
  );
});
