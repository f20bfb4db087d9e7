import { AnswerTooLargeError, ServerUnreachableError } from "./errors.ts";

/** The `openai` package does not wait for longer, but tries again after a moment. */
const RETRY_AFTER_MAX_MS = 60_000;
/** Sent as they are; other headers come from `OPENAI_*` environment variables, or tell of this machine. */
const HEADERS = ["accept", "content-type"];

/**
 * A `fetch` for the `openai` package that does what was configured here and nothing else: it sends
 * no headers of its own, follows no redirects, reads no more than so many bytes of an answer, and
 * does not try again before the server wants it.
 *
 * @param apiKey sent as bearer token; none is sent without it
 */
export function guardedFetch(apiKey: string | undefined, answerBytesMax: number): typeof fetch {
  return async (input, init = {}) => {
    const given = new Headers(init.headers);
    const headers = new Headers();
    for (const name of HEADERS) {
      const value = given.get(name);
      if (value !== null) headers.set(name, value);
    }
    if (apiKey !== undefined) headers.set("Authorization", `Bearer ${apiKey}`);
    const request = new Request(input, { ...init, headers, redirect: "manual" });
    const response = await fetch(request).catch((cause) => {
      if (request.signal.aborted) throw cause;
      const { origin } = new URL(request.url);
      throw new ServerUnreachableError(`no server can be reached at ${origin}`, {
        hint: "start it, or give the address of one that runs",
        cause,
      });
    });
    return new Response(response.body?.pipeThrough(limitBytes(answerBytesMax)) ?? null, {
      status: response.status,
      statusText: response.statusText,
      headers: withoutHaste(response.headers),
    });
  };
}

function limitBytes(max: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes <= max) return controller.enqueue(chunk);
      controller.error(
        new AnswerTooLargeError(`the server's answer is larger than ${max} bytes`, {
          hint: "ask for a shorter answer, or see whether the model repeats itself",
        }),
      );
    },
  });
}

/** Keeps the package from trying again at once where the server wants a longer pause. */
function withoutHaste(headers: Headers): Headers {
  const retryAfter = headers.get("Retry-After");
  if (retryAfter === null) return headers;
  const seconds = Number(retryAfter);
  const pauseMs = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  if (!(pauseMs > RETRY_AFTER_MAX_MS)) return headers;
  const patient = new Headers(headers);
  patient.set("x-should-retry", "false");
  return patient;
}
