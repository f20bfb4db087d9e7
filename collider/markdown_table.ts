/** Texts of a table's cells. */
export type Row = readonly string[];

/** A Markdown table, padded as `deno fmt` pads it, which would rewrite the document otherwise. */
export function markdownTable(head: Row, rows: readonly Row[]): string {
  const widths = head.map((title, i) =>
    Math.max(title.length, 3, ...rows.map((row) => row[i]!.length))
  );
  const line = (row: Row) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
