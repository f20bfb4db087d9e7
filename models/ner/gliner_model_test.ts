import assert from "node:assert/strict";
import { join } from "node:path";
import { ModelFileError } from "../onnx/errors.ts";
import { tinyModelFolder } from "../onnx/fixtures.ts";
import { GlinerModel, type GlinerSettings } from "./gliner_model.ts";
import { cleanLabels, InvalidLabelsError } from "./labels.ts";

const FIXTURES = new URL("../../tests/fixtures/gliner/", import.meta.url).pathname;
const SETTINGS: GlinerSettings = {
  modelPath: join(FIXTURES, "model.onnx"),
  tokenizerPath: join(FIXTURES, "tokenizer.json"),
  configPath: join(FIXTURES, "gliner_config.json"),
  device: "cpu",
  threads: 1,
};

/** What Python's package `gliner` has found; places in code points. */
interface Expected {
  readonly texts: string[];
  readonly cases: {
    readonly labels: string[];
    readonly threshold: number;
    readonly entities: { start: number; end: number; label: string; score: number }[][];
  }[];
}

const expected: Expected = JSON.parse(await Deno.readTextFile(join(FIXTURES, "expected.json")));

function sliceCodePoints(text: string, start: number, end: number): string {
  return [...text].slice(start, end).join("");
}

Deno.test("GlinerModel finds what the Python package finds", async () => {
  const model = await GlinerModel.open(SETTINGS);
  let count = 0;
  for (const { labels, threshold, entities } of expected.cases) {
    const found = await model.extract(expected.texts, cleanLabels(labels), threshold);
    for (const [i, text] of expected.texts.entries()) {
      const ours = found[i]!.entities;
      const theirs = entities[i]!;
      assert.deepEqual(
        ours.map((entity) => [entity.text, entity.label]),
        theirs.map(({ start, end, label }) => [sliceCodePoints(text, start, end), label]),
      );
      for (const [k, { text: found, start, end, score }] of ours.entries()) {
        assert.equal(text.slice(start, end), found);
        assert.ok(Math.abs(score - theirs[k]!.score) < 1e-4);
        count++;
      }
    }
  }
  assert.ok(count > 100, `only ${count} entities were compared`);
});

Deno.test("GlinerModel says when it looked at the beginning only", async () => {
  const model = await GlinerModel.open(SETTINGS);
  const words = Array.from({ length: 13 }, (_, i) => `word${i}`);
  const [whole, cut] = await model.extract([words.slice(1).join(" "), words.join(" ")], ["x"], 0.5);
  assert.equal(whole!.isTruncated, false);
  assert.equal(cut!.isTruncated, true);
});

Deno.test("GlinerModel looks at so much of an endless word as fits into a prompt", async () => {
  const model = await GlinerModel.open(SETTINGS);
  const text = `Maria ${"a".repeat(30_000)} Rio`;
  const [extraction] = await model.extract([text], ["person"], 0);
  assert.equal(extraction!.isTruncated, true);
  const places = extraction!.entities.map(({ start }) => start);
  assert.ok(places.includes(0));
  assert.ok(places.every((start) => start < text.length - 3), "a word was seen that did not fit");
});

Deno.test("GlinerModel refuses labels that leave no room for the text", async () => {
  const model = await GlinerModel.open(SETTINGS);
  await assert.rejects(model.extract(["Maria"], ["x".repeat(3_000)], 0.5), InvalidLabelsError);
});

Deno.test("GlinerModel finds nothing where there is no text or no label", async () => {
  const model = await GlinerModel.open(SETTINGS);
  const nothing = { entities: [], isTruncated: false };
  assert.deepEqual(await model.extract([" \n", ""], ["person"], 0), [nothing, nothing]);
  assert.deepEqual(await model.extract(["Maria"], [], 0), [nothing]);
  assert.deepEqual(await model.extract([], ["person"], 0), []);
});

Deno.test("GlinerModel refuses files that are none of a span model", async () => {
  await using other = await tinyModelFolder();
  const { modelPath, tokenizerPath } = other.settings;
  const open = (change: Partial<GlinerSettings>) => GlinerModel.open({ ...SETTINGS, ...change });
  await assert.rejects(open({ modelPath }), /no GLiNER span model: it has no words_mask/);
  await assert.rejects(open({ tokenizerPath }), /does not know <<ENT>>/);
  await assert.rejects(open({ tokenizerPath: "/nowhere.json" }), ModelFileError);
  await assert.rejects(open({ configPath: "/nowhere.json" }), ModelFileError);
  const configPath = join(other.folder, "gliner_config.json");
  for (const config of ['{"span_mode":"token_level"}', '{"subtoken_pooling":"mean"}']) {
    await Deno.writeTextFile(configPath, config);
    await assert.rejects(open({ configPath }), /only span models/);
  }
});
