/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { type ModelError, ModelTimeoutError, ModelUnavailableError } from "../errors.ts";
import type { WorkerAnswer, WorkerRequest, WorkerStart } from "./messages.ts";
import { SlotLease } from "./slot_lease.ts";

/** A model that a worker has made. */
export interface ServedModel<About, Request, Result> {
  /** What it says of itself when it is ready. */
  readonly about: About;
  /** @returns null if the worker's lease was revoked: then it has nothing more to do */
  answer(request: Request): Promise<Result | null>;
}

/**
 * Called once by a worker's script: makes the model that the first message asks for, then answers
 * requests one after the other.
 */
export function serveModel<Settings, About, Request, Result>(
  make: (settings: Settings, lease: SlotLease) => Promise<ServedModel<About, Request, Result>>,
): void {
  const send = (message: WorkerAnswer<About, Result>) => self.postMessage(message);

  self.addEventListener("message", start, { once: true });

  function start({ data: { settings, lease } }: MessageEvent<WorkerStart<Settings>>): void {
    const made = make(settings, new SlotLease(lease));
    let turn: Promise<unknown> = made.then(
      ({ about }) => send({ kind: "ready", about }),
      (error) => send({ kind: "not_ready", ...explained(error) }),
    );
    self.addEventListener("message", ({ data }: MessageEvent<WorkerRequest<Request>>) => {
      turn = turn.then(async () => await answer(await made, data));
      turn.catch(() => {}); // without a model the main thread ends this one
    });
  }

  async function answer(
    model: ServedModel<About, Request, Result>,
    { id, request }: WorkerRequest<Request>,
  ): Promise<void> {
    try {
      const result = await model.answer(request);
      if (result === null) self.close();
      else send({ kind: "done", id, result });
    } catch (error) {
      const isUnavailable = error instanceof ModelUnavailableError ||
        error instanceof ModelTimeoutError;
      send({ kind: "failed", id, isUnavailable, ...explained(error) });
    }
  }
}

/** What is said of an error; a hint only if it has one. */
function explained(error: unknown): { reason: string; hint?: string } {
  const { message, hint } = (error ?? {}) as Partial<ModelError>;
  return { reason: message ?? String(error), ...(hint === undefined ? {} : { hint }) };
}
