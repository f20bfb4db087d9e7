import assert from "node:assert/strict";
import { HTTPException } from "hono/http-exception";
import { StoreBusyError } from "../store/errors.ts";
import { errorResponse } from "./error_response.ts";
import { InvalidRequestError, MethodNotAllowedError, UnauthorizedError } from "./errors.ts";

Deno.test("errorResponse says what is wrong and what to do about it", async () => {
  const response = errorResponse(new InvalidRequestError("limit: must be a number"));
  assert.equal(response.status, 400);
  assert.deepEqual(await response.json(), {
    error: "limit: must be a number",
    code: "invalid_request",
    hint: "See /docs for what this path takes.",
  });
});

Deno.test("errorResponse adds the headers that its status calls for", () => {
  const busy = errorResponse(new StoreBusyError());
  assert.equal(busy.status, 503);
  assert.match(busy.headers.get("retry-after") ?? "", /^\d+$/);
  const unauthorized = errorResponse(new UnauthorizedError("no", "Send a token."));
  assert.equal(unauthorized.headers.get("www-authenticate"), "Bearer");
  const notAllowed = errorResponse(new MethodNotAllowedError("PUT", "/ingest", ["POST", "GET"]));
  assert.equal(notAllowed.status, 405);
  assert.equal(notAllowed.headers.get("allow"), "POST, GET");
});

Deno.test("errorResponse carries further members", async () => {
  const body = await errorResponse(new StoreBusyError(), { accepted: 3 }).json();
  assert.equal(body.accepted, 3);
  assert.equal(body.code, "store_busy");
});

Deno.test("errorResponse takes the status of the router's own errors", async () => {
  const response = errorResponse(new HTTPException(400, { message: "Malformed JSON" }));
  assert.equal(response.status, 400);
  assert.deepEqual(await response.json(), { error: "Malformed JSON", code: "invalid_request" });
});

Deno.test("errorResponse says nothing of an unexpected error", async () => {
  const response = errorResponse(new TypeError("/home/user/secret.ts is undefined"));
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { error: "internal error", code: "internal" });
});
