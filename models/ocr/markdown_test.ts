import assert from "node:assert/strict";
import { escapeMarkdown, plainMarkdown } from "./markdown.ts";
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

Deno.test("escapeMarkdown leaves nothing that is markup", () => {
  assert.equal(escapeMarkdown("<b>*x*</b> [a](b)"), "\\<b\\>\\*x\\*\\</b\\> \\[a\\](b)");
  assert.equal(escapeMarkdown("# title"), "\\# title");
  assert.equal(escapeMarkdown("- item"), "\\- item");
  assert.equal(escapeMarkdown("1. first, 2024-05-06"), "\\1. first, 2024-05-06");
});
