import assert from "node:assert/strict";
import { ProtobufWriter } from "./protobuf.ts";

Deno.test("ProtobufWriter writes the examples of the format's description", () => {
  // https://protobuf.dev/programming-guides/encoding/
  assert.equal(new ProtobufWriter().integer(1, 150).finish().toHex(), "089601");
  assert.equal(new ProtobufWriter().text(2, "testing").finish().toHex(), "120774657374696e67");
  const nested = new ProtobufWriter().message(3, (message) => message.integer(1, 150));
  assert.equal(nested.finish().toHex(), "1a03089601");
});

Deno.test("ProtobufWriter writes integers beyond 32 bits", () => {
  assert.equal(new ProtobufWriter().integer(1, 2 ** 35).finish().toHex(), "08808080808001");
});
