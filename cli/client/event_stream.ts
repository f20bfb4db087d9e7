import { setTimeout as delay } from "node:timers/promises";
import {
  type EventSourceMessage,
  EventSourceParserStream,
  ParseError,
} from "eventsource-parser/stream";
import { GatewayRefusedError, GatewaySilentError } from "./errors.ts";
import type { GatewayClient } from "./gateway_client.ts";

/** Which events to follow. All conditions must hold. */
export interface StreamFilter {
  readonly type?: string | undefined;
  readonly conversation?: string | undefined;
  /** Text that the payload contains, in any case. */
  readonly contains?: string | undefined;
}

/** How events are followed. */
export interface FollowOptions {
  readonly filter: StreamFilter;
  /** Told before the connection is tried again. */
  readonly onLost: (problem: string, waitMs: number) => void;
  /** Told when it is there again. */
  readonly onBack: () => void;
  /** The connection counts as dead when nothing came for so long. @default {45_000} */
  readonly silenceMs?: number;
}

/** What the stream says. */
export type StreamMessage =
  /** An event; `json` is its text as the gateway sent it. */
  | { readonly kind: "event"; readonly json: string }
  /** Events were left out, because they were not read quickly enough. */
  | { readonly kind: "dropped"; readonly count: number };

const STREAM_PATH = "/api/events/stream";
/** Three times what the gateway lets pass between two signs of life. */
const SILENCE_MS = 45_000;
const FIRST_WAIT_MS = 1_000;
/** Whatever the gateway wants. */
const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 30_000;
/** Of one message, UTF-16 code units: more than the largest event, whose payload is in it twice. */
const MESSAGE_UNITS_MAX = 256 << 20;
/** These pass: a gateway that restarts, a proxy in front of one, too many clients. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * Follows events as they are published, for ever: when the connection is lost it is made again, and
 * goes on after the last event that came.
 *
 * @throws {GatewayUnreachableError} if nothing answers at first
 * @throws {GatewayRefusedError} if the gateway won't have it
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* followEvents(
  client: GatewayClient,
  options: FollowOptions,
): AsyncGenerator<StreamMessage> {
  const connection = new Connection(client, options);
  let isFirst = true;
  let attempts = 0;
  while (true) {
    let problem = "the gateway has ended the connection";
    try {
      for await (const message of connection.open()) {
        if (message === "open") {
          if (!isFirst) options.onBack();
          isFirst = false;
          continue;
        }
        attempts = 0;
        yield message;
      }
    } catch (error) {
      if (isFirst || isLasting(error)) throw error;
      problem = (error as Error).message;
    }
    const waitMs = Math.min(connection.retryMs * 2 ** attempts++, LONGEST_WAIT_MS);
    options.onLost(problem, waitMs);
    await delay(waitMs);
  }
}

/** Connections to the stream, one after the other, each going on where the one before ended. */
class Connection {
  /** As the gateway wants it. */
  retryMs = FIRST_WAIT_MS;
  readonly #client: GatewayClient;
  readonly #path: string;
  readonly #silenceMs: number;
  #lastEventId = "";

  constructor(client: GatewayClient, { filter, silenceMs = SILENCE_MS }: FollowOptions) {
    this.#client = client;
    this.#path = `${STREAM_PATH}${queryOf(filter)}`;
    this.#silenceMs = silenceMs;
  }

  /** Yields `open` when it stands, then what comes. */
  async *open(): AsyncGenerator<StreamMessage | "open"> {
    using silence = new SilenceTimer(this.#silenceMs);
    const response = await this.#client.request(this.#path, {
      headers: {
        Accept: "text/event-stream",
        ...(this.#lastEventId === "" ? {} : { "Last-Event-ID": this.#lastEventId }),
      },
      signal: silence.signal,
    });
    yield "open";
    const messages = (response.body ?? new Blob().stream())
      .pipeThrough(silence.watch())
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(
        new EventSourceParserStream({
          maxBufferSize: MESSAGE_UNITS_MAX,
          onRetry: (retryMs) => this.retryMs = Math.max(retryMs, SHORTEST_WAIT_MS),
        }),
      );
    for await (const message of messages) {
      if (message.id !== undefined) this.#lastEventId = message.id;
      const told = streamMessage(message);
      if (told !== null) yield told;
    }
  }
}

/** Aborts a request when nothing comes. */
class SilenceTimer implements Disposable {
  readonly #abort = new AbortController();
  readonly #limitMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#restart();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  watch(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    return new TransformStream({
      transform: (chunk, controller) => {
        this.#restart();
        controller.enqueue(chunk);
      },
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#abort.abort(new GatewaySilentError(this.#limitMs));
    }, this.#limitMs);
  }
}

function streamMessage({ event, data }: EventSourceMessage): StreamMessage | null {
  if (event === "event") return { kind: "event", json: data };
  if (event !== "dropped") return null;
  return { kind: "dropped", count: Number(/"count":(\d+)/.exec(data)?.[1] ?? 0) };
}

function queryOf({ type, conversation, contains }: StreamFilter): string {
  const query = new URLSearchParams();
  if (type !== undefined) query.set("type", type);
  if (conversation !== undefined) query.set("conversation_id", conversation);
  if (contains !== undefined) query.set("q", contains);
  return query.size === 0 ? "" : `?${query}`;
}

/** Whether the next attempt would end in the same way. */
function isLasting(error: unknown): boolean {
  return error instanceof GatewayRefusedError
    ? !PASSING_STATUSES.has(error.status)
    : error instanceof ParseError;
}
