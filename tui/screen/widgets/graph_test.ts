import assert from "node:assert/strict";
import { drawGauge } from "./gauge.ts";
import { drawGraph, sparkline } from "./graph.ts";
import { paint } from "./widget_fixture.ts";

Deno.test("drawGraph puts two values into a cell, the newest at the right", () => {
  const { lines } = paint(3, 2, (canvas) => drawGraph(canvas, [2, 4, 8], 8));
  assert.deepEqual(lines, ["  ⢸", " ⢠⣿"]);
});

Deno.test("sparkline shows the smallest value above nothing, and nothing as nothing", () => {
  assert.equal(sparkline([0, 1, 400, 800], 4), " ▁▄█");
  assert.equal(sparkline([1], 3), "  █");
  assert.equal(sparkline([], 2), "  ");
});

Deno.test("drawGauge fills eighths of cells, and survives what is no share", () => {
  const gauge = (share: number) => paint(4, 1, (canvas) => drawGauge(canvas, share)).lines[0];
  assert.equal(gauge(0.5), "██··");
  assert.equal(gauge(0.53125), "██▏·");
  assert.equal(gauge(7), "████");
  assert.equal(gauge(NaN), "····");
});
