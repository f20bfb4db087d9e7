import assert from "node:assert/strict";
import fc from "fast-check";
import { join } from "node:path";
import { constantModel } from "../../onnx/fixtures.ts";
import type { Raster } from "../page.ts";
import { inColumnOrder } from "./column_order.ts";
import { layoutNetwork } from "./fixtures.ts";
import { LayoutModel } from "./layout_model.ts";
import { overlapOf, suppressOverlaps } from "./suppress_overlaps.ts";

const OPTIONS = { device: "cpu", threads: 1 } as const;

/** A path to a model that is removed at the end. */
async function fileOf(model: Uint8Array<ArrayBuffer>) {
  const path = await Deno.makeTempFile({ suffix: ".onnx" });
  await Deno.writeFile(path, model);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("LayoutModel finds parts of each size, in pixels of the page", async () => {
  const parts = [
    { label: "title", score: 0.9, left: 100, top: 40, right: 180, bottom: 60 },
    { label: "text", score: 0.8, left: 60, top: 100, right: 300, bottom: 300 },
    { label: "table", score: 0.7, left: 20, top: 350, right: 590, bottom: 780 },
    { label: "figure", score: 0.3, left: 400, top: 100, right: 500, bottom: 200 },
  ] as const;
  await using model = await fileOf(layoutNetwork(parts));
  const layout = await LayoutModel.open(model.path, OPTIONS);
  const page = { width: 1216, height: 800, rgb: new Uint8Array(1216 * 800 * 3) };
  const found = await layout.detect(page);
  assert.deepEqual(found.map(({ label }) => label), ["title", "text", "table"]);
  for (const [i, { score, box }] of found.entries()) {
    const { left, top, right, bottom } = parts[i]!;
    assert.ok(Math.abs(score - parts[i]!.score) < 1e-6);
    for (const [is, was] of [[box.left, 2 * left], [box.top, top], [box.right, 2 * right]]) {
      assert.ok(Math.abs(is! - was!) < 0.5, `${is} instead of ${was}`);
    }
    assert.ok(Math.abs(box.bottom - bottom) < 0.5);
  }
});

Deno.test("LayoutModel refuses a model with other outputs", async () => {
  const values = new Float32Array(6);
  const other = constantModel({ width: 608, height: 800 }, [{ name: "y", dims: [1, 6], values }]);
  await using model = await fileOf(other);
  await assert.rejects(
    LayoutModel.open(model.path, OPTIONS),
    /no layout model: it takes x and gives 1 outputs/,
  );
});

const FIXTURES = new URL("../../../tests/fixtures/structure/", import.meta.url);

/** A page of one colour. */
function coloured(width: number, height: number, [red, green, blue]: readonly number[]): Raster {
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < rgb.length; i += 3) rgb.set([red!, green!, blue!], i);
  return { width, height, rgb };
}

Deno.test("LayoutModel gives PaddleX's PicoDet a red plane first, and what the page was scaled by", async () => {
  const layout = await LayoutModel.open(new URL("picodet.onnx", FIXTURES).pathname, OPTIONS);
  const found = await layout.detect(coloured(64, 128, [230, 204, 77]));
  // The blue box is less sure than half; the fourth is none, and the fifth is beyond the count.
  const rounded = found.map(({ score, ...rest }) => ({ score: Number(score.toFixed(3)), ...rest }));
  assert.deepEqual(rounded, [
    { score: 0.902, label: "document_title", box: { left: 4, top: 8, right: 60, bottom: 24 } },
    { score: 0.8, label: "text", box: { left: 4, top: 32, right: 28, bottom: 120 } },
  ]);
});

Deno.test("LayoutModel takes size, colours and classes from the configuration beside the model", async () => {
  const layout = await LayoutModel.open(new URL("rt_detr/model.onnx", FIXTURES).pathname, OPTIONS);
  const found = await layout.detect(coloured(96, 96, [204, 51, 102]));
  // 48 × 24 pixels were asked for, and the boxes reach to `im_shape`: all of the page.
  const rounded = found.map((
    { score, label, box },
  ) => [label, Number(score.toFixed(3)), box.right]);
  assert.deepEqual(rounded, [["title", 0.8, 96], ["figure", 0.4, 96]]);
  assert.deepEqual(found[0]!.box, { left: 4, top: 8, right: 96, bottom: 96 });
});

Deno.test("LayoutModel asks for a configuration where it can't guess it, and names a bad one", async () => {
  const folder = await Deno.makeTempDir();
  const modelPath = join(folder, "model.onnx");
  await Deno.copyFile(new URL("rt_detr/model.onnx", FIXTURES), modelPath);
  await assert.rejects(LayoutModel.open(modelPath, OPTIONS), /no config\.json beside it/);
  for (const config of ["{", '{"label_list": []}', '{"label_list": ["text"]}']) {
    await Deno.writeTextFile(join(folder, "config.json"), config);
    await assert.rejects(
      LayoutModel.open(modelPath, OPTIONS),
      /config\.json is no configuration of a layout model/,
    );
  }
  const tooShort = JSON.stringify({ label_list: ["text"], Preprocess: [] });
  await Deno.writeTextFile(join(folder, "config.json"), tooShort);
  const layout = await LayoutModel.open(modelPath, OPTIONS);
  await assert.rejects(layout.detect(coloured(9, 9, [255, 255, 255])), /class 11 has no name/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("suppressOverlaps keeps the surest of those that are one", () => {
  const box = (left: number) => ({ left, top: 0, right: left + 10, bottom: 10 });
  const found = [
    { label: "text", score: 0.5, box: box(0) },
    { label: "text", score: 0.9, box: box(1) },
    { label: "table", score: 0.6, box: box(0) },
    { label: "text", score: 0.4, box: box(8) },
  ];
  assert.deepEqual(suppressOverlaps(found).map(({ score }) => score), [0.9, 0.6, 0.4]);
  assert.equal(overlapOf(box(0), box(5)), 50 / 150);
  assert.equal(overlapOf(box(0), box(10)), 0);
});

Deno.test("inColumnOrder reads columns one after the other, below what spans them", () => {
  const part = (name: string, left: number, top: number, right: number, bottom: number) => ({
    name,
    box: { left, top, right, bottom },
  });
  const parts = [
    part("right below", 52, 60, 100, 90),
    part("left above", 0, 12, 48, 40),
    part("footer", 0, 95, 100, 99),
    part("right above", 52, 12, 100, 40),
    part("left below", 0, 60, 48, 90),
    part("title", 0, 0, 100, 10),
  ];
  assert.deepEqual(inColumnOrder(parts).map(({ name }) => name), [
    "title",
    "left above",
    "left below",
    "right above",
    "right below",
    "footer",
  ]);
});

Deno.test("inColumnOrder sees columns whose boxes reach a little into each other", () => {
  const box = (left: number, top: number, right: number, bottom: number) => ({
    box: { left, top, right, bottom },
  });
  const inOrder = [
    box(0, 0, 1000, 60), // the title, over both columns
    box(0, 58, 502, 400),
    box(0, 398, 500, 900),
    box(500, 59, 1000, 300),
    box(499, 300, 1000, 900),
  ];
  assert.deepEqual(inColumnOrder(inOrder.toReversed()), inOrder);
});

Deno.test("inColumnOrder loses no part of any page", () => {
  const coordinate = fc.integer({ min: 0, max: 100 });
  const part = fc.tuple(coordinate, coordinate, coordinate, coordinate)
    .map(([left, top, width, height]) => ({
      box: { left, top, right: left + width, bottom: top + height },
    }));
  fc.assert(fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
    assert.deepEqual(new Set(inColumnOrder(parts)), new Set(parts));
    assert.equal(inColumnOrder(parts).length, parts.length);
  }));
});
