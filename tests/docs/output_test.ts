import assert from "node:assert/strict";
import { assertPrinted } from "./output.ts";

const ID = "01a1fb73-dd64-7678-91a2-f89b8c49c51f";
const OTHER_ID = "01a1fb73-0000-7000-8000-000000000000";

Deno.test("assertPrinted compares ids, times and decimals by their form", () => {
  assertPrinted("text", `${ID}  12:00:01.5  1.25 x`, `${OTHER_ID} 09:59:59.123 -0.5  x\n`);
  assertPrinted(
    "json",
    `{"id":"${ID}","at":"2026-01-31T12:00:00Z","score":0.5}`,
    JSON.stringify({
      id: OTHER_ID,
      at: "2025-12-01T00:00:00.123456Z",
      score: 3,
    }),
  );
});

Deno.test("assertPrinted notices what is different", () => {
  for (
    const [language, shown, printed] of [
      ["text", "2 events", "3 events"],
      ["text", "one", "one\ntwo"],
      ["text", ID, "none"],
      ["json", '{"a":1}', '{"a":2}'],
      ["json", '{"a":1}', '{"a":1,"b":2}'],
      ["json", '{"a":1,"b":2}', '{"a":1}'],
      ["json", "[1]", '{"0":1}'],
      ["json", '{"a":null}', '{"a":{}}'],
      ["json", "{}", "error"],
    ] as const
  ) assert.throws(() => assertPrinted(language, shown, printed), assert.AssertionError, shown);
});

Deno.test("assertPrinted takes anything for an ellipsis", () => {
  assertPrinted("text", "id … end\n…\nlast", "id 1 2 end\nx\ny\nlast");
  assertPrinted("json", '{"a":"…","…":"…"}', '{"a":[1],"b":2}');
  assertPrinted("json", '{"list":[1,"…"]}', '{"list":[1,2,3]}');
  assert.throws(() => assertPrinted("json", '{"a":["…"],"b":1}', '{"a":[1]}'));
});
