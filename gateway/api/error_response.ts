import { HTTPException } from "hono/http-exception";
import { GatewayError } from "../event/errors.ts";
import { BrokenBodyError, MethodNotAllowedError, StoppingError } from "./errors.ts";

/** Seconds after which a client that was turned away should try again. */
const RETRY_AFTER_S = "1";

/**
 * The answer to a failed request: `{"error", "code", "hint"}` and what the status calls for. Never
 * says more of an unexpected error than that there was one.
 *
 * @param details further members of the body
 */
export function errorResponse(error: unknown, details: Record<string, unknown> = {}): Response {
  if (error instanceof GatewayError) {
    const { message, code, hint, status } = error;
    const headers = headersOf(error);
    return Response.json({ error: message, code, hint, ...details }, { status, headers });
  }
  if (error instanceof HTTPException) {
    const { message, status } = error;
    return Response.json({ error: message, code: "invalid_request", ...details }, { status });
  }
  return Response.json({ error: "internal error", code: "internal", ...details }, { status: 500 });
}

/** A body that broke off while the gateway stops was cut off by it. */
export function explainStop(error: unknown, stopping: AbortSignal): unknown {
  return error instanceof BrokenBodyError && stopping.aborted
    ? new StoppingError({ cause: error })
    : error;
}

function headersOf(error: GatewayError): Record<string, string> {
  if (error instanceof MethodNotAllowedError) return { Allow: error.allowed.join(", ") };
  if (error.status === 426) return { Upgrade: "websocket" };
  if (error.status === 401) return { "WWW-Authenticate": "Bearer" };
  if (error.status === 429 || error.status === 503) return { "Retry-After": RETRY_AFTER_S };
  return {};
}
