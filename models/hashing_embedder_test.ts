import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import { HashingEmbedder } from "./hashing_embedder.ts";

const embedder = new HashingEmbedder();

function embed(text: string): Float32Array<ArrayBuffer> {
  const embedding = new Float32Array(EMBEDDING_DIMENSIONS);
  embedder.embedInto(text, embedding, 0);
  return embedding;
}

function cosine(a: string, b: string): number {
  const other = embed(b);
  return embed(a).reduce((sum, value, i) => sum + value * other[i]!, 0);
}

/** The class's documentation, step by step and without regard to speed. */
function referenceEmbedding(text: string): Float32Array {
  const normal = text.slice(0, 8192).normalize("NFKC").toLowerCase().slice(0, 8192).toWellFormed();
  const fnv1a = (points: number[]) =>
    points.reduce((hash, point) => Math.imul(hash ^ point, 16777619), 0x811c9dc5);
  const words = [...normal.matchAll(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*|\p{S}\p{M}*/gu)]
    .map(([word]) => Array.from(`\u0002${word}\u0003`, (character) => character.codePointAt(0)!));
  const hashes = words.map(fnv1a);
  for (const word of words) {
    for (const size of [3, 4, 5]) {
      for (let i = 0; i + size <= word.length; i++) hashes.push(fnv1a(word.slice(i, i + size)));
    }
  }
  for (const [i, word] of words.slice(1).entries()) {
    hashes.push(Math.imul(fnv1a(words[i]!), 16777619) ^ fnv1a(word));
  }
  const counters = new Array<number>(1024).fill(0);
  for (const hash of hashes) {
    let mixed = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
    mixed = Math.imul(mixed ^ mixed >>> 13, 0xc2b2ae35);
    mixed ^= mixed >>> 16;
    counters[mixed & 1023]! += mixed >>> 31 === 1 ? -1 : 1;
  }
  const total = counters.reduce((sum, count) => sum + Math.abs(count), 0);
  return Float32Array.from(
    counters,
    (count) => count === 0 ? 0 : Math.sign(count) * Math.sqrt(Math.abs(count) / total),
  );
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom(..."aAbzçÉß19 \t.-_'$👍\u0301\ufe0fﬁ½İΣ中\ud83d\udc4d\u2028\ufdfa"),
    maxLength: 300,
  }),
);

Deno.test("HashingEmbedder gives the same bits everywhere", () => {
  // The digests were made by an independent implementation in Python.
  const golden = {
    "a": "767dadcf3319f692776493a51cd79115345179ac65f6a274332c8ac931b5c3d8",
    "Where is my order 12345?": "4abd4c09f8429a7b6c1094e37600b0d7a34b2ab7c0b7e38210e595136147cd1c",
    "Não consigo acessar a apólice do meu seguro.":
      "1b715b6c88e6efaa5614090e87a5c69b7ebaa47343474ae9d8353b0743c74c16",
    "ΟΔΥΣΣΕΥΣ straße ﬁnance ½ İstanbul":
      "5724d177fe92262da3e707ced7c62cfb751f0bb62b3aa8d499102086b8056d1c",
    "自動車保険の見積もりをお願いします":
      "14de65a4ed0c321a145b04ff96545d0551249b6278dbb76795b9f85e8e40ce8b",
    "страхование автомобиля": "e6cf09e73d9c7f0680819701ca3dfd0ce581b9f4ab86e0a791d59290531c180b",
    "تأمين السيارة": "aeb470d7eb9301969156901d22c9488f31add10d0b19569ba9c3909d6f0cab1f",
    "👍🏽 thanks ❤️ R$ 500 👩‍👩‍👧": "33504feed22973a0ffc27fa6bae8e0a226f4cb873f9124d40dc8c74d7a38f356",
    "broken \ud83d pair": "e5bd765fccbe737c26d4c8e9f15705e7e72694cbd632d48148753fa2a5be4aae",
  };
  const found = Object.fromEntries(
    Object.keys(golden).map((text) => [text, sha256(new Uint8Array(embed(text).buffer))]),
  );
  assert.deepEqual(found, golden);
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

Deno.test("HashingEmbedder does what its documentation says", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert.deepEqual(embed(text), referenceEmbedding(text));
    }),
    { numRuns: 300 },
  );
});

Deno.test("HashingEmbedder gives an L2 norm of 1, or zero where there is no word", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const embedding = new Float32Array(EMBEDDING_DIMENSIONS).fill(NaN);
      const isEmbedded = embedder.embedInto(text, embedding, 0);
      const norm = Math.hypot(...embedding);
      assert.ok(Math.abs(norm - Number(isEmbedded)) < 1e-6, `norm ${norm}`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("HashingEmbedder finds nothing to embed in white space and punctuation", () => {
  for (const text of ["", " \t\r\n\u00a0\u3000", "...?!", "\u0301", "\u200d\ufeff"]) {
    const embedding = new Float32Array(EMBEDDING_DIMENSIONS).fill(1);
    assert.equal(embedder.embedInto(text, embedding, 0), false);
    assert.ok(embedding.every((value) => Object.is(value, 0)));
  }
});

Deno.test("HashingEmbedder writes its 1,024 floats and none beside them", () => {
  const floats = new Float32Array(3 * EMBEDDING_DIMENSIONS).fill(7);
  const embedded = embedder.embed(["one text"], floats, [EMBEDDING_DIMENSIONS]);
  assert.deepEqual(embedded, { codes: Uint8Array.of(3) });
  assert.ok(floats.subarray(0, EMBEDDING_DIMENSIONS).every((value) => value === 7));
  assert.deepEqual(
    floats.subarray(EMBEDDING_DIMENSIONS, 2 * EMBEDDING_DIMENSIONS),
    embed("one text"),
  );
  assert.ok(floats.subarray(2 * EMBEDDING_DIMENSIONS).every((value) => value === 7));
});

Deno.test("HashingEmbedder ignores case, compatibility forms and punctuation", () => {
  assert.deepEqual(embed("CAR insurance: quote"), embed("car insurance quote!"));
  assert.deepEqual(embed("ﬁnance ２０２６"), embed("finance 2026"));
  assert.deepEqual(embed("na\u0303o"), embed("não"));
});

Deno.test("HashingEmbedder tells the order of words", () => {
  assert.notDeepEqual(embed("man bites dog"), embed("dog bites man"));
  assert.ok(cosine("man bites dog", "dog bites man") > 0.8);
});

Deno.test("HashingEmbedder looks at the first 8,192 code units only", () => {
  const start = "word ".repeat(2_000);
  assert.deepEqual(embed(start + "other"), embed(start.slice(0, 8_192)));
  assert.notDeepEqual(embed(start.slice(0, 8_192)), embed(start.slice(0, 8_187)));
  assert.deepEqual(embed("a".repeat(1_048_576)), embed("a".repeat(8_192)));
  assert.deepEqual(embed("½".repeat(8_192)), embed("½".repeat(2_731)), "also once normalised");
});

Deno.test("HashingEmbedder puts texts on the same topic nearer than others", () => {
  const topics = [
    [
      "My car insurance quote is wrong, can you fix it?",
      "The quote for insuring my car looks incorrect",
      "Car insurance quotes are too expensive",
    ],
    [
      "How do I reset my password?",
      "Resetting passwords does not work",
      "password reset email never arrived",
    ],
    [
      "Quero uma cotação do seguro do meu carro",
      "A cotação de seguro para o carro está errada",
      "Preciso de seguros para dois carros",
    ],
    [
      "Onde está a minha encomenda? Ainda não foi entregue",
      "A entrega da encomenda está atrasada",
      "encomendas entregues no endereço errado",
    ],
  ];
  for (const topic of topics) {
    const others = topics.filter((other) => other !== topic).flat();
    for (const text of topic) {
      const related = topic.filter((other) => other !== text);
      const least = Math.min(...related.map((other) => cosine(text, other)));
      const most = Math.max(...others.map((other) => cosine(text, other)));
      assert.ok(least > most, `${text}: related ${least}, unrelated ${most}`);
    }
  }
});

Deno.test("HashingEmbedder forgives typing errors", () => {
  const pairs = [
    ["Please cancel my subscription immediately", "Plese cancel my subscripton imediately"],
    ["Não consigo acessar minha apólice de seguro", "Nao consigo acesar minha apolice de seguro"],
  ] as const;
  for (const [right, wrong] of pairs) assert.ok(cosine(right, wrong) > 0.5, wrong);
});
