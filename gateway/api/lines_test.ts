import assert from "node:assert/strict";
import fc from "fast-check";
import { BodyTooLargeError } from "./errors.ts";
import { lineBatches } from "./lines.ts";

const encoder = new TextEncoder();

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** The lines of some chunks, whose indices must follow each other. */
async function linesOf(
  chunks: readonly (Uint8Array | string)[],
  maxLineBytes = 100,
): Promise<string[]> {
  const bytes = chunks.map((chunk) => typeof chunk === "string" ? encoder.encode(chunk) : chunk);
  const all: string[] = [];
  for await (const { firstIndex, lines } of lineBatches(chunksOf(bytes), maxLineBytes)) {
    assert.equal(firstIndex, all.length);
    for (const { bytes, text } of lines) {
      const decoded = new TextDecoder().decode(bytes);
      assert.equal(text ?? decoded, decoded);
      all.push(decoded);
    }
  }
  return all;
}

/** Cuts bytes at the given places, which are taken modulo their length. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length];
  ends.sort((a, b) => a - b);
  return ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end));
}

Deno.test("lineBatches gives the same lines however the stream is cut into chunks", async () => {
  const line = fc.string({ unit: "grapheme", maxLength: 8 })
    .map((text) => text.replaceAll(/[\r\n]/g, ""));
  const ending = fc.constantFrom("\n", "\r\n");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(line, ending), { maxLength: 10 }),
      fc.array(fc.nat({ max: 500 }), { maxLength: 12 }),
      async (lines, places) => {
        const bytes = encoder.encode(lines.flat().join(""));
        assert.deepEqual(await linesOf(cut(bytes, places), 1_000), lines.map(([text]) => text));
      },
    ),
  );
});

Deno.test("lineBatches gives the last line, whether or not it ends", async () => {
  assert.deepEqual(await linesOf(["a\nb"]), ["a", "b"]);
  assert.deepEqual(await linesOf(["a\nb\n"]), ["a", "b"]);
  assert.deepEqual(await linesOf(["a\nb\r"]), ["a", "b"]);
  assert.deepEqual(await linesOf([]), []);
});

Deno.test("lineBatches keeps empty lines, so that indices are those of the body", async () => {
  assert.deepEqual(await linesOf(["\n\r\na\n"]), ["", "", "a"]);
});

Deno.test("lineBatches takes a carriage return off the end only", async () => {
  assert.deepEqual(await linesOf(["a\rb\r", "\n"]), ["a\rb"]);
});

Deno.test("lineBatches refuses a line over the limit, at once and by its number", async () => {
  assert.deepEqual(await linesOf(["12345\n12345\n"], 5), ["12345", "12345"]);
  const tooLong = (error: unknown) => {
    assert.ok(error instanceof BodyTooLargeError);
    assert.match(error.message, /^line 2 is larger than 5 bytes/);
    return true;
  };
  await assert.rejects(linesOf(["1\n123456\n"], 5), tooLong);
  // It does not wait for the line's end.
  await assert.rejects(linesOf(["1\n123", "456", "7"], 5), tooLong);
});

Deno.test("lineBatches gives the text of whole lines in a chunk of ASCII only", async () => {
  const texts: (string | undefined)[] = [];
  const chunks = ["ab\r\ncd\ne", "f\ngh\n", "ij\nö\n"].map((chunk) => encoder.encode(chunk));
  for await (const { lines } of lineBatches(chunksOf(chunks), 100)) {
    texts.push(...lines.map(({ text }) => text));
  }
  assert.deepEqual(texts, ["ab", "cd", undefined, "gh", undefined, undefined]);
});

Deno.test("lineBatches gives a chunk with many lines piece by piece", async () => {
  const sizes: number[] = [];
  const chunks = chunksOf([encoder.encode("\n".repeat(10_000))]);
  for await (const { firstIndex, lines } of lineBatches(chunks, 100)) {
    assert.equal(firstIndex, sizes.reduce((sum, size) => sum + size, 0));
    sizes.push(lines.length);
  }
  assert.deepEqual(sizes, [1_024, 1_024, 1_024, 1_024, 1_024, 1_024, 1_024, 1_024, 1_024, 784]);
});
