import assert from "node:assert/strict";
import { BatchBisection, TextsRefusedError } from "./batch_bisection.ts";

/** A server that refuses requests with a text that it does not take, and what it was asked. */
function server(takes: (text: string) => boolean) {
  const asked: (readonly string[])[] = [];
  const texts = new BatchBisection((texts) => {
    asked.push(texts);
    return texts.every(takes)
      ? Promise.resolve(texts.map((text) => [text.length]))
      : Promise.reject(new TextsRefusedError("too long", { hint: "" }));
  });
  return { asked, texts };
}

function whole(text: string) {
  return { vector: [text.length], units: text.length };
}

Deno.test("BatchBisection asks once for texts that are all taken", async () => {
  const { asked, texts } = server(() => true);
  assert.deepEqual(await texts.embed(["a", "bb"]), [whole("a"), whole("bb")]);
  assert.deepEqual(asked, [["a", "bb"]]);
  assert.deepEqual(await texts.embed([]), []);
  assert.equal(asked.length, 1);
});

Deno.test("BatchBisection cuts the text that is too long, and gives the others their vectors", async () => {
  const { texts } = server((text) => text.length <= 1_000);
  const batch = Array.from(
    { length: 9 },
    (_, i) => i === 5 ? "x".repeat(5_000) : "short ".repeat(i),
  );
  const expected = batch.map((text, i) => i === 5 ? { vector: [625], units: 625 } : whole(text));
  assert.deepEqual(await texts.embed(batch), expected);
});

Deno.test("BatchBisection asks apart for texts as long as one that had to be cut", async () => {
  const { asked, texts } = server((text) => text.length <= 1_000);
  const long = "x".repeat(1_500);
  await texts.embed([long]);
  asked.length = 0;
  const found = await texts.embed(["a", long, "bb"]);
  assert.deepEqual(found, [whole("a"), { vector: [750], units: 750 }, whole("bb")]);
  assert.deepEqual(asked.map((texts) => texts.map(({ length }) => length)), [[1, 2], [1_500], [
    750,
  ]]);
});

Deno.test("BatchBisection gives no vector for a text that is not taken at all", async () => {
  const { texts } = server((text) => !text.includes("never"));
  assert.deepEqual(await texts.embed(["a", "never", "bb", "c"]), [
    whole("a"),
    null,
    whole("bb"),
    whole("c"),
  ]);
  const { asked, texts: once } = server((text) => !text.includes("never"));
  await once.embed(["never".repeat(200)]);
  assert.deepEqual(asked.map(([text]) => text!.length), [1_000, 5, 500]);
});

Deno.test("BatchBisection keeps pairs of surrogates whole, or replaces their half", async () => {
  const { asked, texts } = server((text) => text.length <= 600);
  await texts.embed(["x" + "😀".repeat(500)]);
  assert.ok(asked.at(-1)![0]!.isWellFormed());
});

Deno.test("BatchBisection does not go on when the server takes nothing", async () => {
  const { asked, texts } = server(() => false);
  await assert.rejects(texts.embed(["a", "b", "c"]), TextsRefusedError);
  assert.equal(asked.length, 2);
});

Deno.test("BatchBisection passes on whatever else fails", async () => {
  let asked = 0;
  const texts = new BatchBisection((texts) => {
    asked++;
    return texts.length > 1
      ? Promise.reject(new TextsRefusedError("too long", { hint: "" }))
      : Promise.reject(new Error("no connection"));
  });
  await assert.rejects(texts.embed(["a", "b"]), /no connection/);
  assert.equal(asked, 2);
});
