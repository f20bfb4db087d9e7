import assert from "node:assert/strict";
import { join } from "node:path";
import { ModelStore } from "../models/catalogue/model_store.ts";
import { type OcrFlags, readerSettings } from "./ocr_flags.ts";

const FLAGS: OcrFlags = { visionTimeout: 120, device: "cpu", inferenceThreads: 2 };
const EMPTY_STORE = new ModelStore("/nowhere");

/** Settings where these files are there and given by their flags. */
async function settingsWith(files: Partial<OcrFlags>, flags: Partial<OcrFlags> = {}) {
  const directory = await Deno.makeTempDir({ prefix: "collider-ocr-flags-" });
  const paths: Record<string, string> = {};
  try {
    for (const [flag, name] of Object.entries(files)) {
      paths[flag] = join(directory, String(name));
      await Deno.writeTextFile(paths[flag], "");
    }
    return await readerSettings({ ...FLAGS, ...paths, ...flags }, EMPTY_STORE);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const LINES = { ocrDetModel: "det", ocrRecModel: "rec", ocrDictionary: "dictionary" };
const LAYOUT = { ...LINES, ocrLayoutModel: "layout", ocrTableModel: "table" };

Deno.test("readerSettings reads no documents where there are no models", async () => {
  assert.equal(await readerSettings(FLAGS, EMPTY_STORE), undefined);
});

Deno.test("readerSettings says how to get the models that are asked for", async () => {
  for (
    const [files, ocrPipeline, hint] of [
      [{}, "legacy", /collider models pull pp-ocrv5/],
      [{}, "oar-structure", /collider models pull pp-ocrv5/],
      [LINES, "oar-structure", /collider models pull picodet-layout/],
      [{}, "oar-vl", /--vision-model/],
    ] as const
  ) {
    await assert.rejects(settingsWith(files, { ocrPipeline }), { name: "ModelMissingError", hint });
  }
});

Deno.test("readerSettings takes all that is there, and lines only for legacy", async () => {
  const kept = async (files: Partial<OcrFlags>, flags: Partial<OcrFlags> = {}) => {
    const settings = await settingsWith(files, flags);
    assert.equal(settings?.kind, "models");
    return Object.keys(settings).filter((key) => key.endsWith("Path"));
  };
  const lines = ["detectionPath", "recognitionPath", "dictionaryPath"];
  assert.deepEqual(await kept(LINES), lines);
  assert.deepEqual(await kept(LAYOUT), [...lines, "layoutPath", "tablePath"]);
  assert.deepEqual(await kept(LAYOUT, { ocrPipeline: "legacy" }), lines);
});

Deno.test("readerSettings has a vision model read at the language model's server", async () => {
  const flags = { ocrPipeline: "oar-vl", visionModel: "qwen-vl", visionTimeout: 60 } as const;
  assert.deepEqual(await readerSettings({ ...FLAGS, ...flags, llmApiKey: "k" }, EMPTY_STORE), {
    kind: "vision",
    baseUrl: "http://127.0.0.1:1234/v1",
    model: "qwen-vl",
    timeoutMs: 60_000,
    apiKey: "k",
  });
});
