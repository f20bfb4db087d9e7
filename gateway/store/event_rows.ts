/**
 * Where events stand in their table. It is only appended to, in the order of the ids, so that row
 * numbers follow them; and looking a range of rows up takes no time, however large the table is.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { numberOrNull } from "./stored_event.ts";

/** Rows looked through at once for events that may be few among them. */
export const MIN_WINDOW_ROWS = 256;

/** Row number after the last one. */
export async function endOfRows(connection: DuckDBConnection): Promise<number> {
  const end = await connection.runAndReadAll("SELECT coalesce(max(rowid) + 1, 0) FROM events");
  return Number(end.value(0, 0));
}

/** The row of the first event whose id is greater. */
export async function firstRowAfter(
  connection: DuckDBConnection,
  id: string,
  endRow: number,
): Promise<number> {
  const row = await rowOf(connection, id, endRow);
  const isExact = await connection.runAndReadAll(
    `SELECT id = $1::UUID FROM events WHERE rowid = ${row}`,
    [id],
  );
  return isExact.currentRowCount > 0 && isExact.value(0, 0) === true ? row + 1 : row;
}

/** The row of the event with this id, or else of the first one whose id is greater. */
export async function rowOf(
  connection: DuckDBConnection,
  id: string,
  endRow: number,
): Promise<number> {
  for (const condition of ["=", ">"]) {
    const reader = await connection.runAndReadAll(
      `SELECT min(rowid) FROM events WHERE id ${condition} $1::UUID`,
      [id],
    );
    const row = numberOrNull(reader.value(0, 0));
    if (row !== null) return row;
  }
  return endRow;
}
