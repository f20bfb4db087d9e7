import { eventJson } from "./events.ts";

/** Single events over keep-alive connections, one under way on each, as fast as they are answered. */
export interface LoadOptions {
  /** Where they are sent, on this machine. */
  readonly url: URL | string;
  readonly connections: number;
  /** Not measured: V8 compiles what runs often. */
  readonly warmupMs: number;
  readonly durationMs: number;
}

/** What came back while it was measured. */
export interface LoadResult {
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const DISTINCT_EVENTS = 20_000;

/** Requests that send an event each. */
export function requestsTo(url: URL | string): Uint8Array[] {
  const { host, pathname } = new URL(url);
  const encoder = new TextEncoder();
  return Array.from({ length: DISTINCT_EVENTS }, (_, i) => {
    const body = eventJson(i);
    return encoder.encode(
      `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${encoder.encode(body).length}\r\n\r\n${body}`,
    );
  });
}

/** @param latenciesMs of the requests of `durationMs`; they are sorted */
export function resultOf(latenciesMs: Float64Array, durationMs: number): LoadResult {
  latenciesMs.sort();
  const percentile = (share: number) => latenciesMs[Math.floor(latenciesMs.length * share)] ?? NaN;
  return {
    requestsPerS: latenciesMs.length / durationMs * 1000,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}

/** @throws {Error} if it is not what an event is answered */
export function assertReceived(body: string): void {
  const { status, event_type, id } = JSON.parse(body);
  if (status !== "received" || typeof event_type !== "string" || id.length !== 36) {
    throw new Error(`unexpected answer ${body}`);
  }
}
