import assert from "node:assert/strict";
import { newEvent } from "../store/fixtures.ts";
import { ModelUnavailableError, ModelWorkerError } from "../../models/errors.ts";
import { NER_TIMEOUT_MS } from "../../models/ner/ner_client.ts";
import { type EntityExtractor, NerStage } from "./ner_stage.ts";

/** Finds the whole text as an entity, unless it is deadly. */
function mortalExtractor() {
  const asked: (readonly string[])[] = [];
  const extract: EntityExtractor["extract"] = (texts) => {
    asked.push(texts);
    if (texts.includes("deadly")) {
      return Promise.reject(new ModelWorkerError("the NER model has ended", { hint: "" }));
    }
    return Promise.resolve(texts.map((text) => ({
      entities: [{ text, label: "person", score: 1, start: 0, end: text.length }],
      isTruncated: false,
    })));
  };
  return { asked, extract };
}

const OPTIONS = { labels: ["person"], labelsByType: new Map(), threshold: 0.5 };

function pendingOf(...messages: string[]) {
  return messages.map((message) => ({
    event: newEvent({ type: "Message", message }),
    learned: LEARNED,
  }));
}

const LEARNED = { intentId: 0, fillRate: 0 };

Deno.test("NerStage looks for the labels of an event's type, and for the others' together", async () => {
  const asked: [readonly string[], readonly string[]][] = [];
  const stage = new NerStage({
    extract(texts, labels) {
      asked.push([texts, labels]);
      return Promise.resolve(texts.map((text) => ({
        entities: [{ text, label: labels[0]!, score: 1, start: 0, end: text.length }],
        isTruncated: text.length > 3,
      })));
    },
  }, {
    labels: ["person"],
    labelsByType: new Map([["Order", ["product"]], ["Ping", []]]),
    threshold: 0.5,
  });
  const batch = [
    { event: newEvent({ type: "Message", message: "one" }), learned: LEARNED },
    { event: newEvent({ type: "Order", message: "two" }), learned: LEARNED },
    { event: newEvent({ type: "Message", message: "x" }), learned: LEARNED, text: "three" },
  ];
  const outcomes = await stage.run(batch);
  assert.deepEqual(asked, [[["one", "three"], ["person"]], [["two"], ["product"]]]);
  assert.deepEqual(outcomes.map(({ result }) => result), [
    { entities: [{ text: "one", label: "person", score: 1, start: 0, end: 3 }] },
    { entities: [{ text: "two", label: "product", score: 1, start: 0, end: 3 }] },
    { entities: [{ text: "three", label: "person", score: 1, start: 0, end: 5 }], truncated: true },
  ]);
  const ping = { event: newEvent({ type: "Ping", message: "x" }), learned: LEARNED };
  assert.ok(!stage.applies(ping));
  assert.ok(
    !stage.applies({
      event: newEvent({ type: "Message", message: "x" }),
      learned: LEARNED,
      text: " ",
    }),
  );
});

Deno.test("NerStage loses the entities of the text alone that the model dies of", async () => {
  const extractor = mortalExtractor();
  const outcomes = await new NerStage(extractor, OPTIONS).run(pendingOf("Ana", "deadly", "Rui"));
  const found = outcomes.map(({ result, error }) =>
    error ?? (result as { entities: { text: string }[] }).entities[0]!.text
  );
  assert.deepEqual(found, ["Ana", "the NER model has ended", "Rui"]);
  assert.deepEqual(extractor.asked, [["Ana", "deadly", "Rui"], ["Ana"], ["deadly"], ["Rui"]]);
});

Deno.test("NerStage fails as a whole where no text can be looked at", async () => {
  const mortal = new NerStage(mortalExtractor(), OPTIONS);
  await assert.rejects(mortal.run(pendingOf("deadly", "deadly")), ModelWorkerError);
  let requests = 0;
  const away = new NerStage({
    extract: () => {
      requests++;
      return Promise.reject(new ModelUnavailableError("it never did anything", { hint: "" }));
    },
  }, OPTIONS);
  await assert.rejects(away.run(pendingOf("Ana", "Rui")), ModelUnavailableError);
  assert.equal(requests, 1, "it went on asking a model that is not there");
});

Deno.test("NerStage may take as long as the model may take for all of the texts", () => {
  const stage = new NerStage(mortalExtractor(), OPTIONS);
  assert.ok(stage.timeoutMs(32) >= 32 * NER_TIMEOUT_MS);
});
