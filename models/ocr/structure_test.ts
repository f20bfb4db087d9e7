import assert from "node:assert/strict";
import { join } from "node:path";
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

const TABLE_LINES = [line("name", 50, 320), line("1 < 2", 350, 320)];
const LINES = [
  line("A <big> title", 50, 30),
  line("This is a para-", 50, 105),
  line("graph of 3-", 50, 130),
  line("Room flats", 50, 155),
  line("• first item", 330, 105),
  line("goes on", 330, 130),
  line("2) second", 330, 155),
  ...TABLE_LINES,
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
    "This is a paragraph of 3- Room flats",
    "- first item goes on\n2. second",
    "<table><tr><td>name</td><td>1 &lt; 2</td></tr></table>",
    "page 7",
  ]);
  assert.equal(lines.length, LINES.length);
  assert.equal(lines[0]!.text, "A <big> title");
});

Deno.test("StructureModel reads tables as text without a table model", async () => {
  const { markdown } = await new StructureModel(layout, null).arrange(PAGE, TABLE_LINES);
  assert.equal(markdown, "name 1 \\< 2");
});

Deno.test("StructureModel reads a table without cells as text", async () => {
  const tables = await opened(tableNetwork([]), (path) => TableModel.open(path, OPTIONS));
  const { markdown } = await new StructureModel(layout, tables).arrange(PAGE, TABLE_LINES);
  assert.equal(markdown, "name 1 \\< 2");
});

Deno.test("StructureModel keeps what stands beside each other in one line where it finds no part", async () => {
  const empty = await opened(layoutNetwork([]), (path) => LayoutModel.open(path, OPTIONS));
  const { markdown, lines } = await new StructureModel(empty, null).arrange(PAGE, [
    line("Coffee", 50, 100),
    line("9,50", 400, 101),
    line("Total", 50, 122),
    line("9,50", 400, 123),
  ]);
  assert.equal(markdown, "Coffee 9,50\nTotal 9,50");
  assert.equal(lines.length, 4);
});

Deno.test("StructureModel marks titles and captions, and leaves running heads and footers out", async () => {
  const folder = await Deno.makeTempDir();
  const fixtures = new URL("../../tests/fixtures/structure/", import.meta.url);
  const modelPath = join(folder, "model.onnx");
  await Deno.copyFile(new URL("picodet.onnx", fixtures), modelPath);
  const page = { width: 320, height: 320, rgb: new Uint8Array(3 * 320 * 320).fill(255) };
  const lines = [line("One", 100, 25), line("two", 25, 150), line("three", 185, 150)];
  // The parts are of the classes 11, 2 and 15.
  const markdownOf = async (...kinds: string[]) => {
    const label_list = Array.from({ length: 16 }, () => "text");
    [label_list[11], label_list[2], label_list[15]] = kinds as [string, string, string];
    const config = JSON.stringify({ label_list, Preprocess: [] });
    await Deno.writeTextFile(join(folder, "config.json"), config);
    const layout = await LayoutModel.open(modelPath, OPTIONS);
    return (await new StructureModel(layout, null).arrange(page, lines)).markdown;
  };
  assert.equal(await markdownOf("doc_title", "text", "figure_title"), "# One\n\ntwo\n\n*three*");
  assert.equal(await markdownOf("header", "paragraph_title", "footer"), "## two");
  assert.equal(await markdownOf("number", "content", "image"), "two\n\nthree");
  await Deno.remove(folder, { recursive: true });
});
