import { type DuckDBDataChunk, type DuckDBResult, ResultReturnType } from "@duckdb/node-api";
import { QueryFailedError } from "./errors.ts";

/**
 * The next rows of a result that is read while it is computed; null after the last ones.
 *
 * @throws {QueryFailedError} if the query failed, or was interrupted, before its last row: the
 *   binding itself ends such a result as if there were no more rows, and says of the failure no more
 *   than this
 */
export async function fetchChunk(result: DuckDBResult): Promise<DuckDBDataChunk | null> {
  const chunk = await result.fetchChunk();
  if (chunk !== null && chunk.rowCount > 0) return chunk;
  if (result.returnType === ResultReturnType.INVALID) throw new QueryFailedError();
  return null;
}
