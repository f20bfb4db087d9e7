import type { QueryResult } from "../store/query_runner.ts";

/** A query's result as the body of an answer, in Arrow's IPC format; see {@linkcode queryBody}. */
export async function arrowBody(query: QueryResult): Promise<ReadableStream<Uint8Array>> {
  // Loaded when it is first asked for: it would slow every start down.
  const { ipcStream } = await import("../store/arrow/ipc_stream.ts");
  return await queryBody(query, ipcStream(query.result, query));
}

/**
 * The source, of which the first piece is there already, so that what fails until then can be told
 * by the answer's status. The query ends with it, or when the client leaves.
 */
export async function queryBody(
  query: QueryResult,
  source: ReadableStream<Uint8Array>,
): Promise<ReadableStream<Uint8Array>> {
  const reader = source.getReader();
  let next: ReadableStreamReadResult<Uint8Array> | null = await reader.read();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = next ?? await reader.read();
        next = null;
        if (!done) return controller.enqueue(value);
        query[Symbol.dispose]();
        controller.close();
      } catch (error) {
        query[Symbol.dispose]();
        // The client's connection breaks. The runtime prints what is given here: not a stack.
        controller.error((error as Error).message);
      }
    },
    async cancel() {
      query[Symbol.dispose]();
      await reader.cancel();
    },
  });
}
