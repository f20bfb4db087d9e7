import assert from "node:assert/strict";
import { ModelStore } from "../models/catalogue/model_store.ts";
import { labelList, labelsForType, type NerFlags, nerOptions } from "./ner_flags.ts";

const GLINER = new URL("../tests/fixtures/gliner/", import.meta.url).pathname;
const FLAGS: NerFlags = {
  nerLabels: ["person"],
  nerThreshold: 0.4,
  device: "cpu",
  inferenceThreads: 2,
};
const EMPTY_STORE = new ModelStore("/nowhere");

Deno.test("nerOptions finds no entities where no model is configured or installed", async () => {
  assert.equal(await nerOptions(FLAGS, EMPTY_STORE), undefined);
});

Deno.test("nerOptions takes the configured model, and what it is to look for", async () => {
  const options = await nerOptions({
    ...FLAGS,
    glinerModel: `${GLINER}model.onnx`,
    glinerTokenizer: `${GLINER}tokenizer.json`,
    glinerConfig: `${GLINER}gliner_config.json`,
    nerLabelsFor: new Map([["Invoice", ["supplier"]]]),
  }, EMPTY_STORE);
  assert.equal(options?.model.modelPath, `${GLINER}model.onnx`);
  assert.deepEqual([options.model.device, options.model.threads], ["cpu", 2]);
  assert.deepEqual([options.labels, options.threshold], [["person"], 0.4]);
  assert.deepEqual(options.labelsByType.get("Invoice"), ["supplier"]);
});

Deno.test("nerOptions refuses a model without its tokenizer", async () => {
  await assert.rejects(nerOptions({ ...FLAGS, glinerModel: `${GLINER}model.onnx` }, EMPTY_STORE), {
    name: "ModelMissingError",
    hint: /--gliner-tokenizer/,
  });
});

Deno.test("labelList reads labels with commas in between, and none", () => {
  assert.deepEqual(labelList(" person, phone number "), ["person", "phone number"]);
  assert.deepEqual(labelList(" "), []);
  assert.throws(() => labelList("person,,date"), { code: "commander.invalidArgument" });
});

Deno.test("labelsForType gathers the labels of several types", () => {
  const labels = labelsForType("Receipt=", labelsForType("Invoice=supplier,total", undefined));
  assert.deepEqual([...labels], [["Invoice", ["supplier", "total"]], ["Receipt", []]]);
  for (const text of ["", "Invoice", "=supplier"]) {
    assert.throws(() => labelsForType(text, undefined), { code: "commander.invalidArgument" });
  }
});
