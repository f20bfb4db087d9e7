import { TOKEN_HINT } from "../../tui/client/errors.ts";
import { clipTo } from "../../tui/screen/glyphs.ts";
import { type DashboardSource, gatewaySource } from "../../tui/source.ts";
import { GatewayAnswerError, GatewayRefusedError, GatewayUnreachableError } from "./errors.ts";

/** Where a gateway is, and what it asks for. */
export interface GatewayClientOptions {
  /** May have a path, if a proxy gives the gateway one. */
  readonly url: string;
  /** Sent as bearer token. */
  readonly token?: string | undefined;
}

/** What is read of an answer that is an error, bytes. */
const ERROR_BYTES_MAX = 64 << 10;
/** What is shown of it. */
const ERROR_CELLS_MAX = 500;

/** Sends requests to one gateway. */
export class GatewayClient {
  readonly url: string;
  readonly #source: DashboardSource;

  constructor({ url, token }: GatewayClientOptions) {
    this.url = url;
    this.#source = gatewaySource(url, token);
  }

  /**
   * Resolves as soon as the gateway has begun to answer.
   *
   * @param path begins with a slash
   * @throws {GatewayUnreachableError} if nothing answers
   * @throws {GatewayRefusedError} if the answer is an error
   */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await this.#source.fetch(path, init);
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      throw new GatewayUnreachableError(this.url, { cause });
    }
    if (response.ok) return response;
    throw refusal(response.status, await readError(response));
  }

  /**
   * Asks with JSON and reads an answer of JSON.
   *
   * @throws {GatewayAnswerError} if the answer is not JSON
   * @throws what {@linkcode request} throws
   */
  async requestJson(path: string, body: unknown): Promise<unknown> {
    const response = await this.request(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept": "application/json" },
      body: JSON.stringify(body),
    });
    try {
      return await response.json();
    } catch (cause) {
      throw new GatewayAnswerError(`what came for ${path} is not JSON`, {
        cause,
      });
    }
  }
}

function refusal(status: number, body: string): GatewayRefusedError {
  const { error, hint } = errorBody(body);
  if (status === 401) {
    return new GatewayRefusedError(
      status,
      error ?? "the gateway asks for a token",
      TOKEN_HINT,
    );
  }
  return new GatewayRefusedError(
    status,
    error ?? `the gateway answers with HTTP status ${status}`,
    hint ?? "Check that --url is the address of a gateway of this version.",
  );
}

/** What the gateway says of an error: `{"error": "…", "hint": "…"}`. */
function errorBody(body: string): { readonly error?: string; readonly hint?: string } {
  try {
    const { error, hint } = JSON.parse(body);
    return {
      ...(typeof error === "string" ? { error: clipTo(error, ERROR_CELLS_MAX) } : {}),
      ...(typeof hint === "string" ? { hint: clipTo(hint, ERROR_CELLS_MAX) } : {}),
    };
  } catch {
    return {};
  }
}

async function readError(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > ERROR_BYTES_MAX) break;
    }
  } catch {
    // The status says enough.
  }
  return text;
}
