import assert from "node:assert/strict";
import fc from "fast-check";
import { EMBEDDER } from "../collider/layout.ts";
import { INTENT_ANCHORS, SENTIMENT_ANCHORS } from "./anchors.ts";
import { AnchorClassifier, type Classification, type Embed, UNCLASSIFIED } from "./sentiment.ts";

const WORD_BUCKETS = 512;

/** Counts words, so that texts with common words are similar. */
function embedWords(text: string): Float32Array {
  const vector = new Float32Array(WORD_BUCKETS);
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) {
    let hash = 0;
    for (const character of word) hash = (hash * 31 + character.codePointAt(0)!) % 8_191;
    vector[hash % WORD_BUCKETS]! += 3; // not of norm 1
  }
  return vector;
}

const embed: Embed = (texts) =>
  Promise.resolve({ embedder: EMBEDDER.onnx, vectors: texts.map(embedWords) });
const classifier = await AnchorClassifier.open(embed);

function classify(texts: readonly string[]): Classification[] {
  return texts.map((text) => classifier.classify(embedWords(text)));
}

Deno.test("AnchorClassifier finds the intent of messages like the known ones, in two languages", () => {
  const [car, refund, order] = classify([
    "Quero fazer um seguro pro meu carro",
    "I really want a refund",
    "onde está meu pedido",
  ]);
  assert.equal(car?.intent, "InsuranceRequest");
  assert.equal(refund?.intent, "RefundRequest");
  assert.equal(order?.intent, "OrderStatusInquiry");
  assert.ok(car.confidence >= 0.5 && car.confidence <= 1);
});

Deno.test("AnchorClassifier tells the sentiment of messages like the known ones", () => {
  const [happy, angry, plain] = classify([
    "Adorei, muito obrigado por tudo!",
    "This is terrible and I am angry",
    "The order was shipped on Friday.",
  ]);
  assert.ok(happy!.sentiment > 0.5);
  assert.ok(angry!.sentiment < -0.5);
  assert.ok(Math.abs(plain!.sentiment) < 0.2);
});

Deno.test("AnchorClassifier finds the label of every known text", () => {
  const intents = classify(INTENT_ANCHORS.map(({ text }) => text));
  assert.deepEqual(intents.map(({ intent }) => intent), INTENT_ANCHORS.map(({ label }) => label));
  const sentiments = classify(SENTIMENT_ANCHORS.map(({ text }) => text));
  const sign = { positive: 1, neutral: 0, negative: -1 } as Record<string, number>;
  assert.deepEqual(
    sentiments.map(({ sentiment }) => Math.round(sentiment) + 0),
    SENTIMENT_ANCHORS.map(({ label }) => sign[label]),
  );
});

Deno.test("AnchorClassifier says nothing of messages that are like none, or have no embedding", () => {
  const [unlike, hardlyLike, empty] = classify([
    "xyzzy plugh",
    "refund xyzzy plugh foo bar baz",
    "",
  ]);
  assert.equal(unlike?.intent, null);
  assert.equal(hardlyLike?.intent, null);
  assert.deepEqual(empty, UNCLASSIFIED);
  const broken = classifier.classify(new Float32Array(WORD_BUCKETS).fill(NaN));
  assert.deepEqual(broken, UNCLASSIFIED);
});

Deno.test("AnchorClassifier stays within its ranges for any message", () => {
  fc.assert(
    fc.property(fc.array(fc.lorem(), { maxLength: 3 }), (texts) => {
      for (const { sentiment, confidence } of classify(texts)) {
        assert.ok(sentiment >= -1 && sentiment <= 1);
        assert.ok(confidence >= 0 && confidence <= 1);
      }
    }),
  );
});
