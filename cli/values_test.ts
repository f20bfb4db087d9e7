import assert from "node:assert/strict";
import {
  bearerToken,
  hostName,
  httpUrl,
  integer,
  share,
  signingSecret,
  timestamp,
  webhookSecret,
} from "./values.ts";

const INVALID = { code: "commander.invalidArgument" };

Deno.test("integer reads whole numbers within its bounds and nothing else", () => {
  const port = integer(0, 65_535);
  assert.deepEqual(["0", "9382", "65535"].map(port), [0, 9382, 65_535]);
  for (const text of ["", " 1", "-1", "65536", "1.5", "1e3", "0x10", "nine"]) {
    assert.throws(() => port(text), INVALID, text);
  }
});

Deno.test("share reads numbers from 0 to 1", () => {
  assert.deepEqual(["0", "0.5", "1"].map(share), [0, 0.5, 1]);
  for (const text of ["", " ", "-0.1", "1.1", "half", "NaN"]) {
    assert.throws(() => share(text), INVALID, text);
  }
});

Deno.test("bearerToken reads what a header can carry", () => {
  assert.equal(bearerToken("s3cret-~+/="), "s3cret-~+/=");
  for (const text of ["", " ", "a b", "a\nb", "\u00e9", "\x7f"]) {
    assert.throws(() => bearerToken(text), INVALID, text);
  }
});

Deno.test("hostName reads addresses, with brackets and without", () => {
  assert.deepEqual(
    ["127.0.0.1", "::1", "[::1]", "localhost", "fe80::1%eth0"].map(hostName),
    ["127.0.0.1", "::1", "::1", "localhost", "fe80::1%eth0"],
  );
  for (const text of ["", " ", "[]", "a b", "[::1"]) {
    assert.throws(() => hostName(text), INVALID, text);
  }
});

Deno.test("timestamp reads RFC 3339 only", () => {
  assert.equal(timestamp("2026-01-31T08:30:00+01:00"), "2026-01-31T08:30:00+01:00");
  for (const text of ["", "never", "2026-01-31", "2026-02-30T00:00:00Z"]) {
    assert.throws(() => timestamp(text), INVALID, text);
  }
});

Deno.test("httpUrl reads addresses of web servers only", () => {
  assert.equal(httpUrl("http://127.0.0.1:1234/v1"), "http://127.0.0.1:1234/v1");
  assert.equal(httpUrl("https://example.com"), "https://example.com");
  for (const text of ["", "localhost:9382", "ftp://example.com", "file:///etc/passwd"]) {
    assert.throws(() => httpUrl(text), INVALID, text);
  }
});

Deno.test("signingSecret reads what a webhook can be signed with", () => {
  const secretOf = (bytes: number) => `whsec_${new Uint8Array(bytes).fill(255).toBase64()}`;
  for (const bytes of [24, 32, 64]) assert.equal(signingSecret(secretOf(bytes)), secretOf(bytes));
  for (const text of ["", "whsec_", "abc", "whsec_!!!", "whsec_abc", secretOf(23), secretOf(65)]) {
    assert.throws(() => signingSecret(text), INVALID, text);
  }
});

Deno.test("webhookSecret gathers the secrets of several sources", () => {
  const secrets = webhookSecret("shop=Yg==", webhookSecret("github=whsec_YWJj", undefined));
  assert.deepEqual([...secrets], [["github", "whsec_YWJj"], ["shop", "Yg=="]]);
  for (const text of ["", "github", "=whsec_YWJj", "github=", "github=whsec_", "github=abc!"]) {
    assert.throws(() => webhookSecret(text, undefined), INVALID, text);
  }
});
