import type { FakeBehaviour, FakeChatRequest } from "./openai_server_behaviours.ts";
import { refuse, reply } from "./openai_server_behaviours.ts";

/** Options of {@link FakeOpenAiServer}. */
export interface FakeOpenAiServerOptions {
  /** What `/models` lists. @default {["fake-model"]} */
  readonly models?: readonly string[];
  /** Whether `response_format: json_schema` is taken; refused with 400 if not. @default {true} */
  readonly takesJsonSchema?: boolean;
  /** Whether `stream_options` is taken; refused with 422 if not. @default {true} */
  readonly takesStreamOptions?: boolean;
  /** What `/embeddings` makes of a text. @default {[its length, 1]} */
  readonly embed?: (text: string) => readonly number[];
  /** 0 = any free one. @default {0} */
  readonly port?: number;
}

/**
 * A local OpenAI-compatible server that behaves as it is told: `/v1/chat/completions`, streamed,
 * `/v1/models` and `/v1/embeddings`. It keeps what it was asked.
 */
export class FakeOpenAiServer implements AsyncDisposable {
  /** Every body of `/chat/completions`, refused ones too, in the order of arrival. */
  readonly requests: FakeChatRequest[] = [];
  /** How often `/models` was asked for. */
  modelListings = 0;
  readonly #options: Required<Omit<FakeOpenAiServerOptions, "port">>;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #closed = new AbortController();
  #behaviours: FakeBehaviour[] = [reply("Hello.")];

  constructor({ port = 0, ...options }: FakeOpenAiServerOptions = {}) {
    this.#options = {
      models: ["fake-model"],
      takesJsonSchema: true,
      takesStreamOptions: true,
      embed: (text) => [text.length, 1],
      ...options,
    };
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      (request) => this.#handle(request),
    );
  }

  /** What a client is given as its base URL. */
  get baseUrl(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/v1`;
  }

  /** How the next chat requests are answered, one after the other; the last one is repeated. */
  behave(...behaviours: FakeBehaviour[]): void {
    this.#behaviours = behaviours;
  }

  /** Ends what is under way and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#server.shutdown();
  }

  async #handle(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/v1/models":
        this.modelListings++;
        return Response.json({
          object: "list",
          data: this.#options.models.map((id) => ({ id, object: "model", owned_by: "fake" })),
        });
      case "/v1/chat/completions":
        return await this.#chat(request);
      case "/v1/embeddings":
        return await this.#embeddings(request);
      default:
        return Response.json({ error: { message: "no such path" } }, { status: 404 });
    }
  }

  async #chat(request: Request): Promise<Response> {
    const body: Omit<FakeChatRequest, "headers" | "closed"> = await request.json();
    const chat: FakeChatRequest = {
      ...body,
      headers: request.headers,
      closed: this.#closed.signal,
    };
    this.requests.push(chat);
    if (chat.response_format?.type === "json_schema" && !this.#options.takesJsonSchema) {
      return refuse(400, { message: "'response_format.type' must be 'text'" })(chat);
    }
    if (chat.stream_options !== undefined && !this.#options.takesStreamOptions) {
      return refuse(422, { message: "stream_options: extra inputs are not permitted" })(chat);
    }
    const behaviour = this.#behaviours.length > 1
      ? this.#behaviours.shift()!
      : this.#behaviours[0]!;
    return await behaviour(chat);
  }

  async #embeddings(request: Request): Promise<Response> {
    const { input, model }: { input: string | string[]; model: string } = await request.json();
    const texts = typeof input === "string" ? [input] : input;
    return Response.json({
      object: "list",
      model,
      data: texts.map((text, index) => ({
        object: "embedding",
        index,
        embedding: this.#options.embed(text),
      })),
      usage: { prompt_tokens: texts.length, total_tokens: texts.length },
    });
  }
}
