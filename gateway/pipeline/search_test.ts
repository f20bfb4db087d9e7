import assert from "node:assert/strict";
import { EMBEDDER } from "../../collider/layout.ts";
import type { RingMatch, RingSearchFilter } from "../../ffi/ring_search.ts";
import { SchemaRegistry } from "../event/schema_registry.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import type { StoredEvent } from "../store/stored_event.ts";
import { EventSearch, type SearchMode, type SearchRequest } from "./search.ts";

function idOf(number: number): Uint8Array {
  return new Uint8Array(16).fill(number);
}

/** A search over events 1 to 9, of which ring and store find these, best first. */
function searching({ near = [], worded = [] }: { near?: number[]; worded?: number[] }) {
  const asked: { filters: RingSearchFilter[] } = { filters: [] };
  const schemas = new SchemaRegistry();
  schemas.learn("A", {}, 1);
  schemas.learn("B", {}, 1);
  const search = new EventSearch({
    store: {
      searchText: (_text, limit) =>
        Promise.resolve(
          worded.slice(0, limit).map((n, i) => ({ id: formatUuid(idOf(n)), score: 9 - i })),
        ),
      eventsByIds: (ids) =>
        Promise.resolve(
          ids.filter((id) => id < formatUuid(idOf(10))).map((id) => ({ id }) as StoredEvent),
        ),
    },
    ring: {
      search: (_query, limit, filter): Promise<RingMatch[]> => {
        asked.filters.push(filter);
        return Promise.resolve(
          near.slice(0, limit).map((n, i) => ({
            eventId: idOf(n),
            frameId: n,
            cosine: 1 - i / 10,
          })),
        );
      },
    },
    embedder: {
      vectors: ([text]) =>
        Promise.resolve({
          embedder: text === "" ? EMBEDDER.none : EMBEDDER.remote,
          vectors: [new Float32Array(1_024).fill(text === "" ? 0 : 1)],
        }),
    },
    schemas,
  });
  const numbers = async (mode: SearchMode, more: Partial<SearchRequest> = {}) => {
    const results = await search.search({ text: "text", mode, limit: 10, filter: {}, ...more });
    return results.map(({ event }) => parseInt(event.id.slice(0, 2), 16));
  };
  return { search, asked, numbers };
}

Deno.test("EventSearch puts both rankings together by reciprocal rank fusion", async () => {
  const { search, numbers } = searching({ near: [1, 2, 3], worded: [4, 3, 2] });
  // 2: 1/62 + 1/63, 3: 1/63 + 1/62, 1 and 4: 1/61.
  assert.deepEqual(await numbers("hybrid"), [3, 2, 4, 1]);
  assert.deepEqual(await numbers("hybrid", { limit: 1 }), [3]);
  const [best] = await search.search({ text: "a", mode: "hybrid", limit: 1, filter: {} });
  assert.equal(best!.score, 1 / 62 + 1 / 63);
  assert.deepEqual([best!.cosine, best!.bm25], [0.8, 8]);
});

Deno.test("EventSearch asks only the one that is wanted", async () => {
  const { numbers } = searching({ near: [1, 2], worded: [3, 1] });
  assert.deepEqual(await numbers("vector"), [1, 2]);
  assert.deepEqual(await numbers("text"), [3, 1]);
});

Deno.test("EventSearch leaves out frames whose events the store does not have", async () => {
  const { numbers } = searching({ near: [1, 200, 2] });
  assert.deepEqual(await numbers("vector"), [1, 2]);
});

Deno.test("EventSearch looks for a type's frames by its id, of the embedder that embeds now, and for none of an unknown type", async () => {
  const { numbers, asked } = searching({ near: [1] });
  assert.deepEqual(await numbers("vector", { filter: { type: "B", sinceUs: 5 } }), [1]);
  assert.deepEqual(asked.filters, [{ intentId: 1, sinceUs: 5, embedder: EMBEDDER.remote }]);
  assert.deepEqual(await numbers("vector", { filter: { type: "C" } }), []);
  assert.deepEqual(await numbers("vector", { text: "" }), []);
});
