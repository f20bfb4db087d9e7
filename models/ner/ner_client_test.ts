import assert from "node:assert/strict";
import { InvalidLabelsError, LABELS_MAX, NerClient } from "./ner_client.ts";

const FIXTURES = new URL("../../tests/fixtures/gliner/", import.meta.url).pathname;

Deno.test("NerClient finds entities in a worker", async () => {
  const client = await NerClient.start({
    modelPath: `${FIXTURES}model.onnx`,
    tokenizerPath: `${FIXTURES}tokenizer.json`,
    configPath: `${FIXTURES}gliner_config.json`,
    device: "cpu",
    threads: 1,
  });
  assert.deepEqual(client.about, { device: "cpu" });
  const text = "Maria da Conceição comprou um carro";
  const [extraction] = await client.extract([text], ["person", " person ", "date"], 0.3);
  assert.ok(extraction!.entities.length > 0);
  for (const { text: found, start, end, label } of extraction!.entities) {
    assert.equal(text.slice(start, end), found);
    assert.ok(["person", "date"].includes(label));
  }
  const [long] = await client.extract([`x${" ".repeat(40_000)}y`], ["person"], 0.3);
  assert.equal(long!.isTruncated, true);
  await assert.rejects(client.extract([text], [""], 0.3), InvalidLabelsError);
  const many = Array.from({ length: LABELS_MAX + 1 }, (_, i) => `label ${i}`);
  await assert.rejects(client.extract([text], many, 0.3), InvalidLabelsError);
  await assert.rejects(client.extract([text], ["x".repeat(101)], 0.3), InvalidLabelsError);
  await client.close();
});
