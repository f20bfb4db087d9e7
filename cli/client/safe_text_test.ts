import assert from "node:assert/strict";
import { safeJson, safeText } from "./safe_text.ts";

Deno.test("safeText keeps lines and columns, and shows signs for commands", () => {
  assert.equal(safeText("a,b\r\n1\t2\r\n"), "a,b\n1\t2\n");
  assert.equal(safeText("\x1b[2J\x9b2J\rx\u202e"), "\ufffd[2J\ufffd2Jx\ufffd");
  assert.equal(safeText("保険 👩‍👩‍👧‍👦 é"), "保険 👩‍👩‍👧‍👦 é");
});

Deno.test("safeJson escapes what a terminal obeys, and the JSON says the same", () => {
  const json = JSON.stringify({ text: "\x1b[2J\x9b2J\u202eé" });
  assert.equal(safeJson(json), '{"text":"\\u001b[2J\\u009b2J\\u202eé"}');
  assert.deepEqual(JSON.parse(safeJson(json)), JSON.parse(json));
});
