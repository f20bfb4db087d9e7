import assert from "node:assert/strict";
import { constantModel } from "../../onnx/fixtures.ts";
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
  await assert.rejects(LayoutModel.open(model.path, OPTIONS), /1 outputs instead of 8/);
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
