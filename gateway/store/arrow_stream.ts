import {
  Int64,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import type { StoredEvent } from "./event_queries.ts";

/**
 * Events as an Arrow IPC stream of one record batch: `id`, `type`, `received_at` (timestamp[us, UTC]),
 * `conversation_id`, `frame_id` (int64), `attributes`, `payload`, all but the last four without nulls.
 *
 * @see https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
 */
export function arrowStream(events: readonly StoredEvent[]): Uint8Array<ArrayBuffer> {
  const text = (pick: (event: StoredEvent) => string | null) =>
    vectorFromArray(events.map(pick), new Utf8());
  const table = new Table({
    id: text(({ id }) => id),
    type: text(({ type }) => type),
    received_at: vectorFromArray(
      // The builder of timestamps takes milliseconds, whatever their unit.
      events.map(({ receivedUs }) => receivedUs / 1000),
      new TimestampMicrosecond("UTC"),
    ),
    conversation_id: text(({ conversationId }) => conversationId),
    frame_id: vectorFromArray(
      events.map(({ frameId }) => frameId === null ? null : BigInt(frameId)),
      new Int64(),
    ),
    attributes: text(({ attributes }) => attributes),
    payload: text(({ payload }) => payload),
  });
  return tableToIPC(table, "stream") as Uint8Array<ArrayBuffer>;
}
