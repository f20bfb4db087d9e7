import assert from "node:assert/strict";
import fc from "fast-check";
import { eventText } from "./event_text.ts";
import type { JsonObject } from "./strict_json.ts";

const text = (payload: JsonObject, type = "Order", message: string | null = null) =>
  eventText({ type, message, payload });

Deno.test("eventText is the message where there is one", () => {
  assert.equal(text({ message: "Hello", note: "x" }, "Order", "Hello"), "Hello");
});

Deno.test("eventText flattens a payload without a message, the type first", () => {
  const payload = {
    type: "Order",
    order: { id: 7, items: [{ sku: "a-1" }, { sku: "b-2" }] },
    tags: ["new", "web"],
    paid: true,
    note: null,
  };
  assert.equal(
    text(payload),
    "type: Order\norder.id: 7\norder.items.sku: a-1\norder.items.sku: b-2\ntags: new\ntags: web",
  );
  assert.equal(text({ a: 1 }, "Order", "  "), "type: Order\na: 1");
});

Deno.test("eventText leaves out a type that is not known and what is no text", () => {
  const payload = { image: "iVBORw0KGgo=", image_path: "/a.png", data_base64: "AAAA", note: "x" };
  assert.equal(text(payload, "UnknownEvent"), "note: x");
});

Deno.test("eventText never exceeds 8,192 code units nor cuts a character in two", () => {
  const strings = fc.array(fc.string({ unit: "binary", minLength: 500, maxLength: 3000 }));
  fc.assert(fc.property(strings, (values) => {
    const result = text({ values });
    assert.ok(result.length <= 8192 && result.isWellFormed());
  }));
  assert.equal(text({}, "Order", "😀".repeat(5000)).length, 8191);
});

Deno.test("eventText goes 8 levels deep", () => {
  const nested = (depth: number): JsonObject => ({ a: depth === 1 ? "end" : nested(depth - 1) });
  assert.match(text(nested(8)), /end$/);
  assert.equal(text(nested(9)), "type: Order");
});
