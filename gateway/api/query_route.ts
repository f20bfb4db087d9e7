import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Pipeline } from "../pipeline/pipeline.ts";
import {
  MAX_QUERY_ROWS,
  type QueryLimits,
  type QueryResult,
  type QueryRunner,
} from "../store/query_runner.ts";
import { PUBLIC_RELATIONS } from "../store/read_only_sql.ts";
import { csvLine } from "./csv.ts";
import { jsonRequest } from "./json_request.ts";
import { acceptedOf, ARROW } from "./media_types.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";
import { arrowBody, queryBody } from "./query_body.ts";

const MAX_BODY_BYTES = 256 << 10;

const MEDIA_TYPES = [
  "application/json",
  "application/x-ndjson",
  "text/csv",
  ARROW,
  "application/vnd.apache.parquet",
] as const;

const QueryBody = z.strictObject({
  sql: z.string().min(1).max(100_000),
  max_rows: z.int().min(1).max(MAX_QUERY_ROWS).default(10_000)
    .openapi({ description: "What is more is cut off; the JSON form says so in `truncated`." }),
}).openapi("Query");

const QueryAnswer = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.looseObject({})).openapi({
    description: "Integers of more than 32 bits as text.",
  }),
  truncated: z.boolean(),
});

/** `POST /api/query`: SQL over what is stored. */
export function queryRoute(app: OpenAPIHono, { store }: Pipeline): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/query",
    summary: "Ask the store by SQL",
    description: `One statement that reads ${PUBLIC_RELATIONS.join(", ")}: DuckDB's dialect, ` +
      "without files and network, for 30 s at most. In the form that Accept names.",
    request: { body: { content: { "application/json": { schema: QueryBody } } } },
    responses: {
      200: {
        description: "The rows.",
        content: Object.fromEntries(MEDIA_TYPES.map((type) => [type, {
          schema: type === "application/json" ? QueryAnswer : z.string(),
        }])),
      },
      422: jsonAnswer("The query takes too long or too much memory.", ErrorBody),
      503: jsonAnswer("Too many queries are running, or the disk is full.", ErrorBody),
      ...FAILURES,
    },
  });
  app.post("/api/query", async (c) => {
    const { sql, max_rows } = await jsonRequest(c.req.raw, QueryBody, MAX_BODY_BYTES);
    const type = acceptedOf(c.req.header("accept"), MEDIA_TYPES);
    const { signal } = c.req.raw;
    const body = await answer(store.queries, sql, { maxRows: max_rows, signal }, type);
    return new Response(body, { headers: { "Content-Type": type } });
  });
}

async function answer(
  queries: QueryRunner,
  sql: string,
  limits: QueryLimits,
  type: typeof MEDIA_TYPES[number],
): Promise<ReadableStream<Uint8Array>> {
  if (type === "application/vnd.apache.parquet") {
    return (await queries.exportParquet(sql, limits)).readable;
  }
  // One more, to see whether there are more.
  const isJson = type === "application/json";
  const query = await queries.start(sql, { ...limits, maxRows: limits.maxRows + Number(isJson) });
  try {
    if (type === ARROW) return await arrowBody(query);
    const columns = query.columns;
    const rows = query.rowObjects();
    const text = isJson
      ? jsonParts(columns, rows, limits.maxRows)
      : type === "text/csv"
      ? csvParts(columns, rows)
      : ndjsonParts(rows);
    return await queryBody(query, ReadableStream.from(text).pipeThrough(new TextEncoderStream()));
  } catch (error) {
    query[Symbol.dispose]();
    throw error;
  }
}

type Columns = QueryResult["columns"];
type Rows = ReturnType<QueryResult["rowObjects"]>;

async function* jsonParts(columns: Columns, rows: Rows, maxRows: number): AsyncGenerator<string> {
  let count = 0;
  let before = `{"columns":${JSON.stringify(columns)},"rows":[`;
  for await (const batch of rows) {
    const kept = batch.slice(0, maxRows - count);
    count += batch.length;
    if (kept.length === 0) continue;
    yield before + kept.map((row) => JSON.stringify(row)).join(",\n");
    before = ",\n";
  }
  yield `${count === 0 ? before : ""}],"truncated":${count > maxRows}}`;
}

async function* ndjsonParts(rows: Rows): AsyncGenerator<string> {
  for await (const batch of rows) yield batch.map((row) => `${JSON.stringify(row)}\n`).join("");
}

async function* csvParts(columns: Columns, rows: Rows): AsyncGenerator<string> {
  const names = columns.map(({ name }) => name);
  let before = csvLine(names);
  for await (const batch of rows) {
    yield before + batch.map((row) => csvLine(names.map((name) => row[name]))).join("");
    before = "";
  }
  yield before;
}
