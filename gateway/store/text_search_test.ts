import assert from "node:assert/strict";
import type { GatewayEvent } from "../event/event.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import { newEvent, temporaryDatabasePath } from "./fixtures.ts";
import type { Enrichment } from "./rows.ts";
import { Store } from "./store.ts";
import type { SearchFilter } from "./text_search.ts";

/** What the store finds, as the numbers of the events. */
async function found(
  events: readonly GatewayEvent[],
  searches: readonly (readonly [text: string, filter?: SearchFilter])[],
  enrichments: readonly Enrichment[] = [],
): Promise<number[][]> {
  const store = await Store.open({ path: ":memory:" });
  try {
    await store.append(events);
    store.appendEnrichments(enrichments);
    await store.flushEnrichments();
    const numbers = new Map(events.map(({ id }, i) => [formatUuid(id), i]));
    return await Promise.all(searches.map(async ([text, filter = {}]) => {
      const matches = await store.searchText(text, 10, filter);
      return matches.map(({ id }) => numbers.get(id)!);
    }));
  } finally {
    await store.close();
  }
}

function messages(...texts: string[]): GatewayEvent[] {
  return texts.map((message) => newEvent({ type: "UserMessage", message }));
}

Deno.test("searchText finds words, whatever their case and accents, and no parts of words", async () => {
  const events = messages("Quero CANCELAR meu plano", "cancelarei amanhã", "Ação judicial", "");
  assert.deepEqual(
    await found(events, [["cancelar"], ["acao"], ["AMANHÃ"], ["plan"], ["!?"], [""]]),
    [
      [0],
      [2],
      [1],
      [],
      [],
      [],
    ],
  );
});

/** Okapi BM25 as it is defined, over texts in ASCII; the best first, the newest among equals. */
function rankedByBm25(texts: readonly string[], query: string): number[] {
  const documents = texts.map((text) => text.toLowerCase().split(/\W+/));
  const words = query.toLowerCase().split(/\W+/);
  const candidates = documents.filter((document) => words.some((word) => document.includes(word)));
  const meanLength = candidates.reduce((sum, { length }) => sum + length, 0) / candidates.length;
  const score = (document: string[]) =>
    words.reduce((sum, word) => {
      const containing = documents.filter((other) => other.includes(word)).length;
      const frequency = document.filter((other) => other === word).length;
      const idf = Math.log(1 + (documents.length - containing + 0.5) / (containing + 0.5));
      const norm = 1.2 * (1 - 0.75 + 0.75 * document.length / meanLength);
      return sum + idf * frequency * 2.2 / (frequency + norm);
    }, 0);
  return documents
    .map((document, i) => ({ i, score: score(document) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || b.i - a.i)
    .map(({ i }) => i);
}

Deno.test("searchText ranks by BM25", async () => {
  const texts = [
    "insurance for my car",
    "insurance insurance for my boat, my house, my dog and everything else that I have got",
    "insurance for my bike",
    "insurance insurance",
    "insurance for my bike",
    "nothing at all",
  ];
  const queries = ["car insurance", "insurance", "bike", "my bike everything", "dog insurance car"];
  assert.deepEqual(
    await found(messages(...texts), queries.map((query) => [query])),
    queries.map((query) => rankedByBm25(texts, query)),
  );
});

Deno.test("searchText finds the words of languages without spaces", async () => {
  const events = messages("保険を解約したい", "自動車の見積もり");
  assert.deepEqual(await found(events, [["解約"], ["自動車"]]), [[0], [1]]);
});

Deno.test("searchText searches what was read in images too", async () => {
  const [event] = messages("see the picture");
  const ocr = {
    eventIds: [event!.id],
    doneUs: 1,
    stage: "ocr",
    frameId: null,
    ringGeneration: null,
    result: JSON.stringify({ markdown: "# Invoice 4711" }),
    error: null,
  };
  assert.deepEqual(await found([event!], [["invoice picture"], ["receipt"]], [ocr]), [[0], []]);
});

Deno.test("searchText keeps to the filter", async () => {
  const events = [
    newEvent({ type: "A", conversation_id: "c", message: "word" }, 1_000_000),
    newEvent({ type: "B", conversation_id: "c", message: "word" }, 2_000_000),
    newEvent({ type: "B", conversation_id: "d", message: "word" }, 3_000_000),
  ];
  assert.deepEqual(
    await found(events, [
      ["word", { type: "B" }],
      ["word", { conversationId: "c" }],
      ["word", { sinceUs: 2_000_000, untilUs: 3_000_000 }],
    ]),
    [[2, 1], [1, 0], [1]],
  );
});

Deno.test("searchText keeps a few searches waiting, and refuses more", async () => {
  const store = await Store.open({ path: ":memory:" });
  try {
    await store.append(messages("um plano"));
    const searches = Array.from({ length: 10 }, () => store.searchText("plano", 5, {}));
    const answers = await Promise.allSettled(searches);
    const refusals = answers.filter((answer) => answer.status === "rejected");
    assert.deepEqual(refusals.map(({ reason }) => reason.code), ["query_busy", "query_busy"]);
    assert.equal((await store.searchText("plano", 5, {})).length, 1);
  } finally {
    await store.close();
  }
});

Deno.test("searchText searches more than fits into memory", async () => {
  await using database = await temporaryDatabasePath();
  const store = await Store.open({ path: database.path, queryMemoryMiB: 96 });
  try {
    const message = "plano ".repeat(350);
    for (let i = 0; i < 12; i++) {
      await store.append(Array.from({ length: 2_000 }, () => newEvent({ message })));
    }
    assert.equal((await store.searchText("plano", 5, {})).length, 5);
  } finally {
    await store.close();
  }
});
