/** What the rows of a query may become. */
export const QUERY_FORMATS = ["table", "csv", "json", "ndjson", "arrow", "parquet"] as const;
export type QueryFormat = typeof QUERY_FORMATS[number];

/** Rows that the gateway gives at most. */
export const QUERY_ROWS_MAX = 10_000_000;
