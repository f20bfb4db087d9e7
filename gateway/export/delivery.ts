import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { Webhook } from "standardwebhooks";
import { resolveTarget } from "./target_guard.ts";
import { unlessAborted } from "./unless_aborted.ts";

/** How webhooks are delivered. */
export interface DeliveryOptions {
  /** Signs every delivery; `whsec_…`. Without it, they are not signed. */
  readonly secret?: string | undefined;
  /** Whether addresses of this machine and its networks may be contacted. */
  readonly allowPrivate: boolean;
  /** For a whole delivery, ms. */
  readonly timeoutMs: number;
  /** Gives up, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a receiver answered. */
export interface DeliveryAnswer {
  readonly status: number;
  /** Seconds it asks to wait for, if it does. */
  readonly retryAfterS: number | null;
}

/**
 * Posts a message to a webhook, signed by the Standard Webhooks specification. Redirects are not
 * followed: they could lead where the address would have been refused.
 *
 * @param id of the message, the same in every attempt
 * @throws {TargetRefusedError} if the address must not be contacted
 * @throws {Error} if there is no answer in time
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function deliver(
  url: URL,
  id: string,
  body: string,
  { secret, allowPrivate, timeoutMs, signal }: DeliveryOptions,
): Promise<DeliveryAnswer> {
  using time = timeLimit(timeoutMs);
  const ending = AbortSignal.any(signal === undefined ? [time.signal] : [time.signal, signal]);
  const { address, family } = await unlessAborted(resolveTarget(url, { allowPrivate }), ending);
  const sentAt = new Date();
  const headers: Record<string, string> = {
    "Host": url.host,
    "Content-Type": "application/json",
    "Content-Length": String(new TextEncoder().encode(body).length),
    "User-Agent": "collider",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1000)),
    ...(secret === undefined
      ? {}
      : { "webhook-signature": new Webhook(secret).sign(id, sentAt, body) }),
  };
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const answer = Promise.withResolvers<DeliveryAnswer>();
  const request = send({
    method: "POST",
    host: address,
    family,
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    port: url.port === "" ? undefined : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers,
    agent: false,
  }, (response) => {
    // What it says beyond its status does not matter, and may be endless.
    response.destroy();
    answer.resolve({
      status: response.statusCode ?? 0,
      retryAfterS: retryAfter(response.headers["retry-after"], sentAt),
    });
  });
  request.on("error", answer.reject);
  request.end(body);
  try {
    return await unlessAborted(answer.promise, ending);
  } finally {
    request.destroy();
  }
}

/** A signal that comes when the time is over, unless it is disposed of before. */
function timeLimit(timeoutMs: number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new Error(`there was no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfter(value: string | undefined, now: Date): number | null {
  if (value === undefined) return null;
  if (/^\d+$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, (at - now.getTime()) / 1000);
}
