import type { InferOptions, InferredType, TypeInference } from "../../llm/type_inference.ts";
import type { GatewayEvent } from "../event/event.ts";
import { unlessAborted } from "../export/unless_aborted.ts";

/** Options of {@linkcode TypeNamer.name}. */
export interface NameOptions extends InferOptions {
  /** When it is aborted, only the waiting ends: who asks for the same event later gets its name. */
  readonly signal?: AbortSignal;
}

/** Names that are kept for the stage that records them. */
const MAX_KEPT = 20_000;

/**
 * Names events that came without a type, each once: whoever answers the sender and whoever records
 * the name get the same.
 */
export class TypeNamer {
  readonly #inference: Pick<TypeInference, "infer">;
  readonly #named = new Map<string, Promise<InferredType>>();

  constructor(inference: Pick<TypeInference, "infer">) {
    this.#inference = inference;
  }

  /**
   * @throws {LlmError} if nobody can name it now
   * @throws the signal's reason
   */
  async name(event: GatewayEvent, { signal, ...options }: NameOptions = {}): Promise<InferredType> {
    const named = this.#nameOnce(event, options);
    return await (signal === undefined ? named : unlessAborted(named, signal));
  }

  /**
   * The name of an event, if it comes in time.
   *
   * @returns null if it does not, or nobody can name it
   */
  async nameWithin(event: GatewayEvent, timeoutMs: number): Promise<string | null> {
    const expired = Promise.withResolvers<null>();
    const timer = setTimeout(() => expired.resolve(null), timeoutMs);
    try {
      const named = this.#nameOnce(event).then(({ type }) => type, () => null);
      return await Promise.race([named, expired.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #nameOnce({ id, payload }: GatewayEvent, options: InferOptions = {}): Promise<InferredType> {
    const key = id.toHex();
    const known = this.#named.get(key);
    if (known !== undefined) return known;
    const named = this.#inference.infer(payload, options);
    named.catch(() => this.#named.delete(key)); // the next one asks again
    if (this.#named.size >= MAX_KEPT) this.#named.delete(this.#named.keys().next().value!);
    this.#named.set(key, named);
    return named;
  }
}
