import assert from "node:assert/strict";
import { widthOf } from "../../tui/screen/glyphs.ts";
import { tableLines } from "./table.ts";

const TYPE = { name: "type", isNumeric: false };
const COUNT = { name: "events", isNumeric: true };

Deno.test("tableLines puts texts on the left and numbers on the right", () => {
  assert.deepEqual(tableLines([TYPE, COUNT], [["UserMessage", "12"], ["Scan", "3"]], Infinity), [
    "type         events",
    "───────────  ──────",
    "UserMessage      12",
    "Scan              3",
  ]);
});

Deno.test("tableLines aligns what takes two cells or none", () => {
  const lines = tableLines(
    [TYPE, COUNT],
    [["保険", "1"], ["👩‍👩‍👧‍👦", "2"], ["e\u0301a", "3"]],
    Infinity,
  );
  assert.deepEqual(lines.map(widthOf), [12, 12, 12, 12, 12]);
});

Deno.test("tableLines cuts the widest columns until the table fits", () => {
  const lines = tableLines(
    [TYPE, { name: "payload", isNumeric: false }],
    [["UserMessage", "x".repeat(500)]],
    40,
  );
  assert.equal(lines[2], `UserMessage  ${"x".repeat(26)}…`);
  for (const line of lines) assert.ok(widthOf(line) <= 40, line);
});

Deno.test("tableLines keeps to the width, however many columns there are", () => {
  const columns = Array.from({ length: 30 }, (_, i) => ({ name: `column_${i}`, isNumeric: true }));
  for (const line of tableLines(columns, [columns.map(() => "1")], 80)) {
    assert.ok(widthOf(line) <= 80, line);
  }
});

Deno.test("tableLines draws a table without rows, and shows no control characters", () => {
  assert.deepEqual(tableLines([TYPE], [], 80), ["type", "────"]);
  const [, , row] = tableLines([TYPE], [["a\x1b[2J\n\x9b"]], 80);
  assert.equal(row, "a␛[2J␊\ufffd");
});
