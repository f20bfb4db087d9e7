import { EventSourceParserStream } from "eventsource-parser/stream";
import type { DashboardSource } from "../source.ts";
import type {
  ChatReply,
  EventDetails,
  Logs,
  Metrics,
  RingState,
  Schema,
  Volume,
} from "./answers.ts";
import { GatewayLostError, RefusedError, TOKEN_HINT } from "./errors.ts";
import { EventPage } from "./event_page.ts";

/** Which events to list. All conditions must hold. */
export interface EventFilter {
  readonly type?: string;
  readonly conversationId?: string;
  /** Text that the payload contains, in any case. */
  readonly contains?: string;
}

/** Which page of them. */
export interface PageQuery {
  readonly filter: EventFilter;
  /** @default "desc" */
  readonly order?: "desc" | "asc";
  /** Only events that come after this one, in this order. */
  readonly cursor?: string;
  readonly limit: number;
}

const TIMEOUT_MS = 10_000;
const ARROW = "application/vnd.apache.arrow.stream";

/** What the dashboard asks of a gateway. Every method throws {@linkcode GatewayLostError} if nothing
 * answers, and {@linkcode RefusedError} if the answer is an error. */
export class GatewayClient {
  readonly #source: DashboardSource;

  constructor(source: DashboardSource) {
    this.#source = source;
  }

  metrics(): Promise<Metrics> {
    return this.#json("/metrics");
  }

  async events({ filter, order = "desc", cursor, limit }: PageQuery): Promise<EventPage> {
    const query = new URLSearchParams({ limit: String(limit), order });
    if (filter.type !== undefined) query.set("type", filter.type);
    if (filter.conversationId !== undefined) query.set("conversation_id", filter.conversationId);
    if (filter.contains !== undefined) query.set("q", filter.contains);
    if (cursor !== undefined) query.set("cursor", cursor);
    const response = await this.#request(`/api/events?${query}`, { headers: { Accept: ARROW } });
    return new EventPage(await read(() => response.bytes()), order);
  }

  event(id: string): Promise<EventDetails> {
    return this.#json(`/api/events/${id}`);
  }

  async schemas(): Promise<readonly Schema[]> {
    return (await this.#json<{ schemas: Schema[] }>("/api/schemas")).schemas;
  }

  volume(type: string, minutes: number): Promise<Volume> {
    return this.#json(`/api/schemas/${encodeURIComponent(type)}/volume?minutes=${minutes}`);
  }

  /** The newest frames of the ring. */
  ring(frames: number): Promise<RingState> {
    return this.#json(`/api/frames?limit=${frames}`);
  }

  /** Lines of the log that came after the one with the number `seq`. */
  logsAfter(seq: number, limit: number): Promise<Logs> {
    return this.#json(`/api/logs?after=${seq}&limit=${limit}`);
  }

  /**
   * Says something in a conversation.
   *
   * @param onText gets the answer piece by piece
   */
  async chat(
    message: string,
    sessionId: string,
    onText: (piece: string) => void,
    signal: AbortSignal,
  ): Promise<ChatReply> {
    const response = await this.#request("/api/chat", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ msg: message, session_id: sessionId }),
      // A model may think for minutes.
      signal,
    });
    const events = response.body!
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    return await read(async () => {
      for await (const { event, data } of events) {
        const answer = JSON.parse(data);
        if (event === "text") onText(answer.text);
        else if (event === "reply") return answer;
        else if (event === "error") throw new RefusedError(503, answer.error, answer.hint);
      }
      throw new GatewayLostError();
    });
  }

  async #json<T>(path: string): Promise<T> {
    const response = await this.#request(path, { headers: { Accept: "application/json" } });
    return await read(() => response.json());
  }

  async #request(path: string, init: RequestInit): Promise<Response> {
    const signal = init.signal ?? AbortSignal.timeout(TIMEOUT_MS);
    const response = await read(() => this.#source.fetch(path, { ...init, signal }));
    if (response.ok) return response;
    const { error, hint } = await response.json().catch(() => ({}));
    const { status } = response;
    throw new RefusedError(
      status,
      error ?? `HTTP status ${status}`,
      status === 401 ? TOKEN_HINT : hint,
    );
  }
}

/** Whatever goes wrong on the way is the connection's fault. */
async function read<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RefusedError || cause instanceof GatewayLostError) throw cause;
    throw new GatewayLostError({ cause });
  }
}
