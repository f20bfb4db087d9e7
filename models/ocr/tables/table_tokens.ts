const SPANS = Array.from({ length: 19 }, (_, i) => i + 2);

/** Begins a cell that spans others; its spans follow, then `>`. */
export const CELL_START = "<td";
/** A cell that spans no other. */
export const PLAIN_CELL = "<td></td>";
/** Ends the table. */
export const END = "eos";

/** The tokens of SLANet-plus, in the order of its classes; the first begins every table. */
export const TABLE_TOKENS: readonly string[] = [
  "sos",
  ...["<thead>", "</thead>", "<tbody>", "</tbody>", "<tr>", "</tr>"],
  ...[CELL_START, ">", "</td>"],
  ...SPANS.map((count) => ` colspan="${count}"`),
  ...SPANS.map((count) => ` rowspan="${count}"`),
  PLAIN_CELL,
  END,
];
