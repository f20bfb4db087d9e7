import assert from "node:assert/strict";
import fc from "fast-check";
import {
  escapeMarkdown,
  listMarkdown,
  markdownText,
  paragraphMarkdown,
  plainMarkdown,
} from "./markdown.ts";
import type { TextLine } from "./page.ts";
import { inReadingOrder } from "./reading_order.ts";

function line(text: string, left: number, top: number, height = 20): TextLine {
  const [right, bottom] = [left + 100, top + height];
  return { text, score: 1, quad: [[left, top], [right, top], [right, bottom], [left, bottom]] };
}

Deno.test("inReadingOrder puts what stands beside each other into one row", () => {
  const rows = inReadingOrder([
    line("d", 0, 60),
    line("b", 300, 3),
    line("a", 0, 0),
    line("c", 0, 30),
  ]);
  assert.deepEqual(rows.map((row) => row.map(({ text }) => text)), [["a", "b"], ["c"], ["d"]]);
});

Deno.test("plainMarkdown begins a paragraph where there is a gap", () => {
  const rows = inReadingOrder([line("one", 0, 0), line("two", 0, 26), line("three", 0, 80)]);
  assert.equal(plainMarkdown(rows), "one\ntwo\n\nthree");
});

Deno.test("paragraphMarkdown joins lines, and words that were broken between them", () => {
  const lines = ["A long para-", "graph of 3-", "4 pages, and", "X-", "Ray *"].map((text, i) =>
    line(text, 0, 25 * i)
  );
  assert.equal(paragraphMarkdown(lines), "A long paragraph of 3- 4 pages, and X- Ray \\*");
});

Deno.test("listMarkdown takes only marks for marks: no signs, and no decimals", () => {
  const lines = ["• tea", "of mint", "2) milk", "- salt", "3.5 mg of zinc", "-5 °C"].map((
    text,
    i,
  ) => line(text, 0, 25 * i));
  assert.equal(listMarkdown(lines), "- tea of mint\n2. milk\n- salt 3.5 mg of zinc -5 °C");
});

Deno.test("escapeMarkdown leaves nothing that is markup, and escapes only what can be", () => {
  const cases = [
    ["<b>*x*</b> [a](b)", "\\<b\\>\\*x\\*\\</b\\> \\[a\\](b)"],
    ["# title", "\\# title"],
    ["#hash", "#hash"],
    ["- item", "\\- item"],
    ["-5 °C", "-5 °C"],
    ["1. first, 2024-05-06", "1\\. first, 2024-05-06"],
    ["1.5 l", "1.5 l"],
    ["---", "\\---"],
    ["====", "\\===="],
    ["~~~ a ~ b", "\\~\\~~ a ~ b"],
    ["Tom & Ann &lt;", "Tom & Ann \\&lt;"],
  ] as const;
  for (const [text, expected] of cases) assert.equal(escapeMarkdown(text), expected, text);
});

Deno.test("markdownText gives back what was escaped, and the rows of tables", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    assert.equal(markdownText(escapeMarkdown(text)), text);
  }));
  const table =
    '<table><tr><td colspan="2">a &lt; b</td></tr><tr><td>c</td><td>d</td></tr></table>';
  assert.equal(markdownText(`x\n\n${table}`), "x\n\na < b\t\nc\td\t\n");
});
