import assert from "node:assert/strict";
import { newEvent } from "../store/fixtures.ts";
import { NerStage } from "./ner_stage.ts";

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
