import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { AsyncByteQueue, RecordBatchStreamWriter } from "apache-arrow";
import { arrowSchema, recordBatches } from "./record_batches.ts";

/**
 * A query's result as an Arrow IPC stream; of a result without rows, the schema alone. No more than
 * a batch is held, however long the result is.
 *
 * A failure in the middle of the query ends the stream with an error: what came before has no end
 * mark, so that readers notice.
 *
 * @param connection that `result` comes from. Cancelling the stream interrupts it.
 * @see https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
 */
export function ipcStream(
  result: DuckDBResult,
  connection: Pick<DuckDBConnection, "interrupt">,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const batches = recordBatches(result);
  const pieces = new PieceQueue();
  const writer = new RecordBatchStreamWriter().reset(pieces, arrowSchema(result));
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await batches.next();
      if (done) writer.finish();
      else writer.write(value);
      for (const piece of pieces.take()) controller.enqueue(piece);
      if (done) controller.close();
    },
    async cancel() {
      connection.interrupt();
      await batches.return(undefined);
    },
  });
}

/** Takes what the writer writes, to be handed on at once. */
class PieceQueue extends AsyncByteQueue {
  #pieces: Uint8Array<ArrayBuffer>[] = [];

  override write(piece: Uint8Array<ArrayBuffer>): void {
    this.#pieces.push(piece);
  }

  take(): Uint8Array<ArrayBuffer>[] {
    return this.#pieces.splice(0);
  }
}
