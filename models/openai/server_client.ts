import OpenAI from "openai";
import { guardedFetch } from "./guarded_fetch.ts";

/** An OpenAI-compatible server, and how it is asked. */
export interface ServerClientOptions {
  /** As in `http://127.0.0.1:1234/v1`. */
  readonly baseUrl: string;
  /** Sent as bearer token. @default none */
  readonly apiKey?: string | undefined;
  /** Until the server begins to answer, for each attempt, ms. */
  readonly timeoutMs: number;
  /** Attempts after the first one, as long as the server has not begun to answer. */
  readonly retries: number;
  /** Of an answer as the server sends it. */
  readonly answerBytesMax: number;
}

/**
 * The `openai` package's client for a server that the operator has named: what it does follows from
 * these options alone. Left to itself, the package takes address, key, further headers and logging
 * from `OPENAI_*` environment variables that are meant for another service.
 *
 * @throws {TypeError} if the base URL is none
 */
export function serverClient(options: ServerClientOptions): OpenAI {
  const { baseUrl, apiKey, timeoutMs, retries, answerBytesMax } = options;
  const baseURL = new URL(baseUrl).href;
  return withoutOwnVariables(() =>
    new OpenAI({
      baseURL,
      apiKey: "sent by fetch", // the package insists on one
      logLevel: "off",
      fetch: guardedFetch(apiKey, answerBytesMax),
      maxRetries: retries,
      timeout: timeoutMs,
    })
  );
}

/**
 * Does something while the package's environment variables are not there: it has no option to leave
 * `OPENAI_CUSTOM_HEADERS` alone, and fails where that is malformed.
 */
function withoutOwnVariables<T>(act: () => T): T {
  const hidden = Object.entries(Deno.env.toObject())
    .filter(([name]) => name.startsWith("OPENAI_"));
  for (const [name] of hidden) Deno.env.delete(name);
  try {
    return act();
  } finally {
    for (const [name, value] of hidden) Deno.env.set(name, value);
  }
}
