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
 *
 * Knows how long the language model takes: nobody needs to wait for one that hangs, or is slower than
 * they would wait.
 */
export class TypeNamer {
  readonly #inference: Pick<TypeInference, "infer">;
  readonly #named = new Map<string, Promise<InferredType>>();
  /** How long the model took for its last name, or was waited for in vain since. */
  #paceMs = 0;

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

  /** Whether the model can be expected to name an event in a time, as it did with the last one. */
  isQuickerThan(timeoutMs: number): boolean {
    return this.#paceMs < timeoutMs;
  }

  /** Is told that a name did not come in a time. */
  wasSlowerThan(timeoutMs: number): void {
    this.#paceMs = Math.max(this.#paceMs, timeoutMs);
  }

  /**
   * The name of an event, if it comes in time. What can be named without the model always is.
   *
   * @returns null if it does not, or nobody can name it
   */
  async nameWithin(event: GatewayEvent, timeoutMs: number): Promise<string | null> {
    const expired = Promise.withResolvers<null>();
    const expire = () => {
      this.wasSlowerThan(timeoutMs);
      expired.resolve(null);
    };
    const timer = setTimeout(expire, this.isQuickerThan(timeoutMs) ? timeoutMs : 0);
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
    const askedMs = performance.now();
    const named = this.#inference.infer(payload, options);
    named.then(({ source }) => {
      if (source === "model") this.#paceMs = performance.now() - askedMs;
    }, () => this.#named.delete(key)); // the next one asks again
    if (this.#named.size >= MAX_KEPT) this.#named.delete(this.#named.keys().next().value!);
    this.#named.set(key, named);
    return named;
  }
}
