import { InvalidEventError } from "./errors.ts";

/** Longest id that a client may choose, in UTF-16 code units. */
export const MAX_ID_LENGTH = 512;

const HINT = `Send a shorter one: at most ${MAX_ID_LENGTH} characters.`;

/**
 * The idempotency key of a whole request, or null: `key:…` from `Idempotency-Key`, else `webhook:…`
 * (`signed:source|…` if it was verified) from the `webhook-id` of Standard Webhooks. The prefixes keep
 * the ids of different sources apart; `id:…` and `ce:…` are made where events are read.
 *
 * For a request with one event. The events of a batch would all be duplicates of the first.
 *
 * @param source whose signature was verified: nobody else can take its webhooks' ids
 * @throws {InvalidEventError} if the header is longer than 512 characters.
 */
export function requestIdempotencyKey(headers: Headers, source: string | null): string | null {
  return headerKey(headers, "idempotency-key", "key:") ??
    headerKey(headers, "webhook-id", source === null ? "webhook:" : `signed:${source}|`);
}

function headerKey(headers: Headers, name: string, prefix: string): string | null {
  const value = headers.get(name)?.trim();
  if (!value) return null;
  if (value.length > MAX_ID_LENGTH) {
    throw new InvalidEventError(name, `must not be longer than ${MAX_ID_LENGTH} characters`, HINT);
  }
  return prefix + value;
}
