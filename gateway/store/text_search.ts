import type { DuckDBConnection } from "@duckdb/node-api";
import { isOutOfMemory, SearchTooLargeError } from "./errors.ts";
import { conditionsOf, type EventFilter } from "./event_filter.ts";

/** Which events are searched. */
export type SearchFilter = Pick<EventFilter, "type" | "conversationId" | "sinceUs" | "untilUs">;

/** An event that a search has found. */
export interface TextMatch {
  readonly id: string;
  /** BM25: the higher, the better. */
  readonly score: number;
}

/** Words of a query that count. */
const MAX_TERMS = 16;
/** The newest events with any of the words, which are then ranked. */
const MAX_CANDIDATES = 20_000;
/** Chinese and Japanese characters count as words, because nothing stands between them. */
const WORD = String.raw`[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}_]+`;
/** How soon more of the same word stops counting, and how much longer texts are held back. */
const K1 = 1.2;
const B = 0.75;

/** What an event says: its message, and what was read in its image. */
const TEXT = `strip_accents(lower(concat_ws(chr(10), e.payload->>'$.message', o.markdown)))`;

/**
 * Ranks events by the words of their messages and of what was read in their images, by Okapi BM25.
 * Case and accents make no difference. The frequencies are those of the events that the filter lets
 * through.
 *
 * @throws {SearchTooLargeError} if there are more, or larger, events than can be searched at once
 * @see Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009
 */
export async function searchText(
  connection: DuckDBConnection,
  text: string,
  limit: number,
  filter: SearchFilter,
): Promise<TextMatch[]> {
  const { conditions, values } = conditionsOf(filter, 2);
  const where = conditions.join(" AND ");
  const reader = await connection.runAndReadAll(
    `WITH wanted AS MATERIALIZED (
      SELECT list_distinct(regexp_extract_all(strip_accents(lower($1)), '${WORD}'))[:${MAX_TERMS}]
        AS words
    ), ocr AS (
      SELECT event_id, arg_max(result->>'$.markdown', done_at) AS markdown
      FROM enrichments WHERE stage = 'ocr' AND result IS NOT NULL GROUP BY event_id
    ), texts AS (
      SELECT e.id, ${TEXT} AS text FROM events e LEFT JOIN ocr o ON o.event_id = e.id WHERE ${where}
    ), candidates AS MATERIALIZED (
      SELECT id, len(found) AS length, list_transform(
        words, lambda word: len(list_filter(found, lambda other: other = word))
      ) AS frequencies
      FROM (
        SELECT id, w.words, regexp_extract_all(text, '${WORD}') AS found FROM texts, wanted w
        WHERE len(list_filter(w.words, lambda word: contains(text, word))) > 0
      )
      ORDER BY id DESC LIMIT ${MAX_CANDIDATES}
    ), hits AS MATERIALIZED (
      SELECT c.id, c.length, unnest(w.words) AS word, unnest(c.frequencies) AS frequency
      FROM candidates c, wanted w
    ), spread AS (
      SELECT word, count(*) FILTER (frequency > 0) AS events FROM hits GROUP BY word
    ), total AS (
      SELECT (SELECT count(*) FROM events e WHERE ${where}) AS events,
        (SELECT avg(length) FROM candidates) AS length
    )
    SELECT h.id::VARCHAR, sum(
      ln(1 + (t.events - s.events + 0.5) / (s.events + 0.5)) * h.frequency * (${K1} + 1)
        / (h.frequency + ${K1} * (1 - ${B} + ${B} * h.length / t.length))
    ) AS score
    FROM hits h JOIN spread s USING (word), total t WHERE h.frequency > 0
    GROUP BY h.id ORDER BY score DESC, h.id DESC LIMIT ${limit}`,
    [text, ...values],
  ).catch((cause) => {
    throw isOutOfMemory(cause) ? new SearchTooLargeError({ cause }) : cause;
  });
  return reader.getRows().map(([id, score]) => ({ id: String(id), score: Number(score) }));
}
