import assert from "node:assert/strict";
import { clientCommand, gatewayUrl } from "./address_flags.ts";

function urlOf(...args: string[]): string {
  return gatewayUrl(clientCommand("test").parse(args, { from: "user" }).opts());
}

Deno.test("clients find the gateway where serve listens by the same settings", () => {
  assert.equal(urlOf(), "http://127.0.0.1:9382");
  assert.equal(urlOf("--port", "9400"), "http://127.0.0.1:9400");
  assert.equal(urlOf("--host", "::1"), "http://[::1]:9382");
  for (const all of ["0.0.0.0", "::"]) {
    assert.equal(urlOf("--host", all), "http://127.0.0.1:9382");
  }
});

Deno.test("clients find the gateway at the address that is given", () => {
  const url = "https://gateway.example.com/collider/";
  assert.equal(urlOf("--url", url, "--port", "9400"), url);
});
