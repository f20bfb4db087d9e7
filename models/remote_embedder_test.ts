import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import { CircuitBreaker } from "./circuit_breaker.ts";
import { ModelTimeoutError, ModelUnavailableError } from "./errors.ts";
import { RemoteEmbedder } from "./remote_embedder.ts";

/** An embedding server that answers as it is told; the last answer is repeated. */
function embeddingServer(...answers: ((input: string[]) => Response | Promise<Response>)[]) {
  const requests: { input: string[]; model: string; headers: string }[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { input, model } = await request.json();
      requests.push({ input, model, headers: [...request.headers].join("\n") });
      const answer = answers[Math.min(requests.length, answers.length) - 1]!;
      return await answer(input);
    },
  );
  return {
    requests,
    settings: {
      baseUrl: `http://127.0.0.1:${server.addr.port}/v1`,
      model: "tiny",
      timeoutMs: 5_000,
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Vectors in the reverse order of the texts, as a server may give them. */
function vectorsOf(dimensions: number) {
  return (input: string[]) =>
    Response.json({
      data: input.map((text, index) => ({
        index,
        embedding: Array.from({ length: dimensions }, (_, i) => i === 0 ? text.length : 1),
      })).reverse(),
    });
}

async function embed(embedder: RemoteEmbedder, texts: string[]) {
  const floats = new Float32Array(texts.length * EMBEDDING_DIMENSIONS).fill(7);
  const offsets = texts.map((_, i) => i * EMBEDDING_DIMENSIONS);
  const { codes, notes } = await embedder.embed(texts, floats, offsets);
  return {
    codes,
    notes,
    vectors: offsets.map((at) => floats.subarray(at, at + EMBEDDING_DIMENSIONS)),
  };
}

Deno.test("RemoteEmbedder puts normalised vectors where they belong, followed by zeros", async () => {
  await using server = embeddingServer(vectorsOf(2));
  const embedder = new RemoteEmbedder({ ...server.settings, apiKey: "secret" });
  const { codes, vectors } = await embed(embedder, ["abc", " ", "abcdefg"]);
  assert.deepEqual(codes, Uint8Array.of(2, 0, 2));
  for (const [i, length] of [[0, 3], [2, 7]] as const) {
    const norm = Math.hypot(length, 1);
    assert.ok(Math.abs(vectors[i]![0]! - length / norm) < 1e-6);
    assert.ok(Math.abs(vectors[i]![1]! - 1 / norm) < 1e-6);
    assert.ok(vectors[i]!.subarray(2).every((value) => value === 0));
  }
  assert.ok(vectors[1]!.every((value) => value === 0));
  const [{ input, model, headers }] = server.requests as [typeof server.requests[0]];
  assert.deepEqual([input, model], [["abc", "abcdefg"], "tiny"]);
  assert.match(headers, /^authorization,Bearer secret$/m);
});

Deno.test("RemoteEmbedder asks for no more at once than a slow server can do in time", async () => {
  await using server = embeddingServer(vectorsOf(2));
  const embedder = new RemoteEmbedder(server.settings);
  const texts = [
    ...Array.from({ length: 70 }, (_, i) => "x".repeat(i + 1)),
    "y".repeat(9_000),
    "z",
  ];
  const { codes, vectors } = await embed(embedder, texts);
  assert.ok(codes.every((code) => code === 2));
  assert.deepEqual(server.requests.map(({ input }) => input.length), [32, 32, 6, 1, 1]);
  for (const [i, vector] of vectors.entries()) {
    const { length } = texts[i]!;
    assert.ok(Math.abs(vector[0]! - length / Math.hypot(length, 1)) < 1e-6);
  }
});

Deno.test("RemoteEmbedder sends its server nothing that is meant for another service", async () => {
  await using server = embeddingServer(vectorsOf(2));
  Deno.env.set("OPENAI_CUSTOM_HEADERS", "X-Leaked: leaked");
  Deno.env.set("OPENAI_ORG_ID", "leaked");
  try {
    await embed(new RemoteEmbedder(server.settings), ["text"]);
  } finally {
    Deno.env.delete("OPENAI_CUSTOM_HEADERS");
    Deno.env.delete("OPENAI_ORG_ID");
  }
  assert.doesNotMatch(server.requests[0]!.headers, /leaked|authorization|stainless/i);
});

Deno.test("RemoteEmbedder gives a server up whose answer does not come to its end", async () => {
  const begun = '{"data": [';
  const stalls = () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode(begun)),
      }),
      { headers: { "Content-Type": "application/json" } },
    );
  await using server = embeddingServer(stalls);
  const embedder = new RemoteEmbedder({ ...server.settings, timeoutMs: 50 });
  await assert.rejects(embed(embedder, ["text"]), /did not answer within 50 ms/);
});

Deno.test("RemoteEmbedder says where no server is", async () => {
  const embedder = new RemoteEmbedder({
    baseUrl: "http://127.0.0.1:1/v1",
    model: "tiny",
    timeoutMs: 10_000,
  });
  await assert.rejects(
    embed(embedder, ["text"]),
    /no server can be reached at http:\/\/127.0.0.1:1$/,
  );
});

Deno.test("RemoteEmbedder tries again only when the server answered the last time", async () => {
  const busyWith = (status: number) => () =>
    new Response("busy", { status, headers: { "retry-after-ms": "1" } });
  const busy = busyWith(503);
  const given = vectorsOf(2);
  await using server = embeddingServer(
    ...[busy, given, busyWith(429), given, busy, busy, busy, busy, given],
  );
  const embedder = new RemoteEmbedder(server.settings);
  const succeeds = async () => {
    const { codes } = await embed(embedder, ["text"]);
    assert.deepEqual(codes, Uint8Array.of(2));
  };
  const failed = { name: "ModelUnavailableError", message: /the embedding server failed/ };
  const fails = () => assert.rejects(embed(embedder, ["text"]), failed);
  for (
    const [outcome, requests] of [
      [fails, 1], // It has never answered.
      [succeeds, 2],
      [succeeds, 4],
      [fails, 7],
      [fails, 8],
      [succeeds, 9],
    ] as const
  ) {
    await outcome();
    assert.equal(server.requests.length, requests);
  }
});

Deno.test("RemoteEmbedder refuses answers that are no vectors for the texts", async () => {
  const answers: [(input: string[]) => Response, RegExp][] = [
    [() => Response.json({ data: [] }), /a vector for every text/],
    [() => Response.json({ data: [{ index: 0, embedding: [] }] }), /a vector for every text/],
    [() => Response.json({ data: [{ index: 0, embedding: [0, 0] }] }), /a vector for every text/],
    [vectorsOf(EMBEDDING_DIMENSIONS + 1), /1025 dimensions.*room for 1024/],
    [() => new Response("<html>"), /failed/],
    [() => Response.redirect("http://127.0.0.1:1/"), /failed/],
  ];
  for (const [answer, message] of answers) {
    await using server = embeddingServer(answer);
    const embedder = new RemoteEmbedder(server.settings);
    await assert.rejects(embed(embedder, ["text"]), (error) => {
      assert.ok(error instanceof ModelUnavailableError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("RemoteEmbedder embeds the beginning of a text that the server refuses", async () => {
  const tooLong = () => Response.json({ error: { message: "too many tokens" } }, { status: 400 });
  await using server = embeddingServer((input) =>
    input.some((text) => text.length > 1_000) ? tooLong() : vectorsOf(2)(input)
  );
  const embedder = new RemoteEmbedder(server.settings);
  for (let i = 0; i < 6; i++) { // A breaker would have opened.
    const { codes, notes, vectors } = await embed(embedder, ["abc", "x".repeat(1_500), "abc"]);
    assert.deepEqual(codes, Uint8Array.of(2, 2, 2));
    assert.deepEqual(notes, new Map([[1, { truncatedUnits: 750 }]]));
    assert.deepEqual(vectors[0], vectors[2]);
    assert.ok(vectors[1]![0]! > vectors[0]![0]!);
  }
});

Deno.test("RemoteEmbedder leaves a server out that fails again and again", async () => {
  // The latter may be about the text, so another one is tried besides.
  for (
    const [status, requests, name] of [
      [404, 5, "ModelUnavailableError"],
      [400, 10, "TextsRefusedError"],
    ] as const
  ) {
    await using server = embeddingServer(() => new Response("no such model", { status }));
    const embedder = new RemoteEmbedder(server.settings);
    const failed = { name, message: /no such model/ };
    for (let i = 0; i < 5; i++) await assert.rejects(embed(embedder, ["text"]), failed);
    const leftOut = { name: "ModelUnavailableError", message: /left out/ };
    await assert.rejects(embed(embedder, ["text"]), leftOut);
    assert.equal(server.requests.length, requests);
  }
});

Deno.test("RemoteEmbedder lets no text wait for a server that did not answer in time", async () => {
  const silence = Promise.withResolvers<Response>();
  const isAskedAgain = Promise.withResolvers<Response>();
  const hangs = () => silence.promise;
  const answersLate = () => isAskedAgain.promise;
  await using server = embeddingServer(hangs, answersLate, vectorsOf(2));
  const breaker = new CircuitBreaker({ coolDownMs: 20 });
  const embedder = new RemoteEmbedder({ ...server.settings, timeoutMs: 2_000 }, breaker);
  await assert.rejects(embed(embedder, ["text"]), ModelTimeoutError);
  silence.resolve(new Response());
  await assert.rejects(embed(embedder, ["text"]), ModelUnavailableError);
  await delay(25);
  await assert.rejects(embed(embedder, ["text"]), ModelUnavailableError);
  while (server.requests.length < 2) await delay(1);
  assert.deepEqual(server.requests[1]!.input, ["probe"]);
  isAskedAgain.resolve(vectorsOf(2)(["probe"]));
  while (breaker.stateAt(performance.now()) !== "closed") await delay(1);
  assert.deepEqual((await embed(embedder, ["text"])).codes, Uint8Array.of(2));
  assert.deepEqual(server.requests[2]!.input, ["text"]);
});
