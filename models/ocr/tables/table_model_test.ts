import assert from "node:assert/strict";
import { constantModel } from "../../onnx/fixtures.ts";
import type { TextLine } from "../page.ts";
import { tableNetwork, type TableStep } from "./fixtures.ts";
import { tableHtml } from "./table_html.ts";
import { TableModel } from "./table_model.ts";
import { TABLE_TOKENS } from "./table_tokens.ts";

/** Two columns under a head that spans both; in a picture that is twice as wide as high. */
const STEPS: readonly TableStep[] = [
  ["<thead>"],
  ["<tr>"],
  ["<td", 0, 0, 1, 0.2],
  [' colspan="2"'],
  [">"],
  ["</td>"],
  ["</tr>"],
  ["</thead>"],
  ["<tbody>"],
  ["<tr>"],
  ["<td></td>", 0, 0.2, 0.5, 0.5],
  ["<td></td>", 0.5, 0.2, 1, 0.5],
  ["</tr>"],
  ["</tbody>"],
];

function line(text: string, left: number, top: number): TextLine {
  const [right, bottom] = [left + 60, top + 20];
  return { text, score: 1, quad: [[left, top], [right, top], [right, bottom], [left, bottom]] };
}

const OPTIONS = { device: "cpu", threads: 1 } as const;

async function structureOf(model: Uint8Array<ArrayBuffer>, width: number, height: number) {
  const path = await Deno.makeTempFile({ suffix: ".onnx" });
  await Deno.writeFile(path, model);
  try {
    const tables = await TableModel.open(path, OPTIONS);
    return await tables.recognise({ width, height, rgb: new Uint8Array(3 * width * height) });
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("TableModel gives the tokens up to the end, and cells in pixels", async () => {
  const { tokens, cells } = await structureOf(tableNetwork(STEPS), 400, 200);
  assert.deepEqual(tokens, STEPS.map(([token]) => token));
  const rounded = cells.map(({ left, top, right, bottom }) =>
    [left, top, right, bottom].map(Math.round)
  );
  assert.deepEqual(rounded, [[0, 0, 400, 80], [0, 80, 200, 200], [200, 80, 400, 200]]);
});

Deno.test("TableModel gives its network blue first, and the picture at the top left of a square", async () => {
  const path = new URL("../../../tests/fixtures/structure/table.onnx", import.meta.url).pathname;
  const tables = await TableModel.open(path, OPTIONS);
  const recognise = async (width: number, height: number, colour: readonly number[]) => {
    const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => colour[i % 3]!);
    const { tokens, cells: [cell] } = await tables.recognise({ width, height, rgb });
    const { left, top, right, bottom } = cell!;
    return { tokens, cell: [left, top, right, bottom].map(Math.round) };
  };
  assert.deepEqual(await recognise(200, 100, [20, 30, 240]), {
    tokens: ["<thead>", "<td></td>"],
    cell: [0, 0, 200, 100],
  });
  assert.deepEqual(await recognise(61, 122, [240, 30, 20]), {
    tokens: ["<tbody>", "<td></td>"],
    cell: [0, 0, 61, 122],
  });
});

Deno.test("TableModel refuses a network with other outputs", async () => {
  const values = new Float32Array(3);
  const other = constantModel({ width: 488, height: 488 }, [{ name: "y", dims: [1, 3], values }]);
  await assert.rejects(structureOf(other, 10, 10), /neither cells nor tokens/);
});

Deno.test("tableHtml puts lines into the cells in which they stand, as text", async () => {
  const structure = await structureOf(tableNetwork(STEPS), 400, 200);
  const lines = [
    line("Price <net>", 150, 20),
    line("Tea &", 20, 90),
    line("milk", 20, 120),
    line("4.90", 300, 100),
  ];
  assert.equal(
    tableHtml(structure, lines),
    '<table><thead><tr><td colspan="2">Price &lt;net&gt;</td></tr></thead>' +
      "<tbody><tr><td>Tea &amp; milk</td><td>4.90</td></tr></tbody></table>",
  );
});

Deno.test("the tokens are as many as the network's classes", () => {
  assert.equal(TABLE_TOKENS.length, 50);
  assert.equal(new Set(TABLE_TOKENS).size, 50);
});
