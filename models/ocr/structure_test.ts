import assert from "node:assert/strict";
import { layoutNetwork } from "./layout/fixtures.ts";
import { LayoutModel } from "./layout/layout_model.ts";
import type { TextLine } from "./page.ts";
import { StructureModel } from "./structure.ts";
import { tableNetwork } from "./tables/fixtures.ts";
import { TableModel } from "./tables/table_model.ts";

const OPTIONS = { device: "cpu", threads: 1 } as const;
const PAGE = { width: 608, height: 800, rgb: new Uint8Array(3 * 608 * 800) };

function line(text: string, left: number, top: number): TextLine {
  const [right, bottom] = [left + 150, top + 18];
  return { text, score: 1, quad: [[left, top], [right, top], [right, bottom], [left, bottom]] };
}

/** Opens a made model from a file that is gone afterwards. */
async function opened<T>(
  model: Uint8Array<ArrayBuffer>,
  open: (path: string) => Promise<T>,
): Promise<T> {
  const path = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    await Deno.writeFile(path, model);
    return await open(path);
  } finally {
    await Deno.remove(path);
  }
}

const part = (label: string, left: number, top: number, right: number, bottom: number) =>
  ({ label, score: 0.9, left, top, right, bottom }) as never;

const layout = await opened(
  layoutNetwork([
    part("title", 40, 20, 560, 60),
    part("text", 40, 100, 280, 200),
    part("list", 320, 100, 560, 200),
    part("table", 40, 300, 560, 500),
  ]),
  (path) => LayoutModel.open(path, OPTIONS),
);

const LINES = [
  line("A <big> title", 50, 30),
  line("This is a para-", 50, 105),
  line("graph of well-", 50, 130),
  line("Known words", 50, 155),
  line("• first item", 330, 105),
  line("goes on", 330, 130),
  line("2) second", 330, 155),
  line("name", 50, 320),
  line("1 < 2", 350, 320),
  line("page 7", 50, 700),
];

Deno.test("StructureModel gives a page as Markdown, with its tables as HTML", async () => {
  const steps = [
    ["<tr>"],
    ["<td></td>", 0, 0, 0.5, 0.4],
    ["<td></td>", 0.5, 0, 1, 0.4],
    ["</tr>"],
  ] as const;
  const tables = await opened(tableNetwork(steps), (path) => TableModel.open(path, OPTIONS));
  const { markdown, lines } = await new StructureModel(layout, tables).arrange(PAGE, LINES);
  assert.deepEqual(markdown.split("\n\n"), [
    "## A \\<big\\> title",
    "This is a paragraph of well- Known words",
    "- first item goes on\n- second",
    "<table><tr><td>name</td><td>1 &lt; 2</td></tr></table>",
    "page 7",
  ]);
  assert.equal(lines.length, LINES.length);
  assert.equal(lines[0]!.text, "A <big> title");
});

Deno.test("StructureModel reads tables as text without a table model", async () => {
  const lines = [line("name", 50, 320), line("1 < 2", 350, 320)];
  const { markdown } = await new StructureModel(layout, null).arrange(PAGE, lines);
  assert.equal(markdown, "name 1 \\< 2");
});
