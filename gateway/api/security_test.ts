import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { ForbiddenHostError, ForbiddenOriginError, UnauthorizedError } from "./errors.ts";
import { Guard } from "./security.ts";

const SECRET = `whsec_${btoa("a secret of the tests only")}`;
const BODY = '{"type":"Push"}';

function requestWith(headers: HeadersInit, query = ""): Request {
  return new Request(`http://127.0.0.1/ingest${query}`, { method: "POST", headers });
}

function signed(secret: string, body: string, at = new Date()): Record<string, string> {
  return {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", at, body),
  };
}

/** Whether a request is let in by its signature, and not by the token. */
function authenticate(guard: Guard, headers: Record<string, string>, query: string): boolean {
  const request = requestWith(headers, query);
  const source = guard.sourceToVerify(request);
  if (source !== null) guard.verifySignature(source, request, new TextEncoder().encode(BODY));
  return source !== null;
}

Deno.test("Guard lets everybody in without a token of its own", () => {
  new Guard().requireToken(requestWith({}));
});

Deno.test("Guard lets in who has the token", () => {
  const guard = new Guard({ token: "t0ken" });
  guard.requireToken(requestWith({ authorization: "Bearer t0ken" }));
  guard.requireToken(requestWith({ authorization: "bearer  t0ken" }));
});

Deno.test("Guard keeps out who has not the token", () => {
  const guard = new Guard({ token: "t0ken" });
  const values = [
    "",
    "Bearer",
    "Bearer t0ke",
    "Bearer t0ken2",
    "Bearer T0KEN",
    "Basic t0ken",
    "t0ken",
  ];
  for (const authorization of values) {
    assert.throws(() => guard.requireToken(requestWith({ authorization })), UnauthorizedError);
  }
  assert.throws(() => guard.requireToken(requestWith({})), UnauthorizedError);
});

Deno.test("Guard never repeats a token that is wrong", () => {
  const guard = new Guard({ token: "t0ken" });
  assert.throws(
    () => guard.requireToken(requestWith({ authorization: "Bearer almost" })),
    (error: UnauthorizedError) => !/almost|t0ken/.test(error.message + error.hint),
  );
});

Deno.test("Guard lets an event in by the signature of its source, without the token", () => {
  const guard = new Guard({ token: "t0ken", webhookSecrets: new Map([["github", SECRET]]) });
  assert.equal(authenticate(guard, signed(SECRET, BODY), "?source=github"), true);
});

Deno.test("Guard keeps an event out whose signature is wrong, even with the token", () => {
  const guard = new Guard({ token: "t0ken", webhookSecrets: new Map([["github", SECRET]]) });
  const other = `whsec_${btoa("another secret of the tests")}`;
  const hourAgo = new Date(Date.now() - 3_600_000);
  const forgeries = [
    {},
    signed(other, BODY),
    signed(SECRET, '{"type":"Pull"}'),
    signed(SECRET, BODY, hourAgo),
  ];
  for (const headers of forgeries) {
    assert.throws(
      () => authenticate(guard, { ...headers, authorization: "Bearer t0ken" }, "?source=github"),
      UnauthorizedError,
    );
  }
});

Deno.test("Guard asks for the token when the source has no secret", () => {
  const guard = new Guard({ token: "t0ken", webhookSecrets: new Map([["github", SECRET]]) });
  for (const query of ["", "?source=gitlab"]) {
    assert.throws(() => authenticate(guard, signed(SECRET, BODY), query), UnauthorizedError);
    assert.equal(authenticate(guard, { authorization: "Bearer t0ken" }, query), false);
  }
});

Deno.test("Guard keeps pages of other sites out, but not a gateway's own or programs", () => {
  const guard = new Guard({ isLocal: true });
  const refuse = (headers: HeadersInit, by = guard) => by.refuseOtherSites(requestWith(headers));
  refuse({ host: "localhost:9382" });
  refuse({ host: "[::1]:9382" });
  refuse({ host: "app.localhost:9382" });
  refuse({});
  refuse({ host: "127.0.0.1:9382", origin: "http://127.0.0.1:9382" });
  for (const origin of ["https://elsewhere.example", "null", "http://localhost:3000", "http://"]) {
    assert.throws(() => refuse({ host: "localhost:9382", origin }), ForbiddenOriginError);
  }
  const renamed = { host: "rebound.example:9382", origin: "http://rebound.example:9382" };
  assert.throws(() => refuse(renamed), ForbiddenHostError);
  assert.throws(() => refuse({ host: "localhost.example" }), ForbiddenHostError);
  // Others reach it by any name; and no page has the token.
  refuse(renamed, new Guard());
  refuse({ host: "a", origin: "https://b" }, new Guard({ token: "t0ken", isLocal: true }));
});
