import assert from "node:assert/strict";
import { paint } from "./widgets/widget_fixture.ts";

Deno.test("a canvas cuts off what does not fit, in both directions", () => {
  const { lines } = paint(10, 3, (canvas) => {
    const part = canvas.part({ x: 2, y: 1, width: 4, height: 1 });
    part.text(-1, 0, "abcdefgh");
    part.text(0, 1, "below");
    part.text(0, -1, "above");
  });
  assert.deepEqual(lines, ["", "  bcde", ""]);
});

Deno.test("half a wide glyph is never drawn, nor left", () => {
  const { lines } = paint(6, 2, (canvas) => {
    canvas.part({ x: 0, y: 0, width: 3, height: 1 }).text(0, 0, "漢字");
    canvas.text(0, 1, "漢字漢");
    canvas.text(3, 1, "x");
  });
  assert.deepEqual(lines, ["漢", "漢 x漢"]);
});

Deno.test("text keeps the background that is there", () => {
  const { frame } = paint(4, 1, (canvas) => {
    canvas.tint(1 << 9);
    canvas.text(0, 0, "a", 5);
  });
  assert.equal(frame.cells.styles[0], (1 << 9) | 5);
});

Deno.test("the uppermost mouse area is the one that was drawn last", () => {
  const { frame } = paint(10, 4, (canvas) => {
    canvas.onMouse({});
    canvas.columns(4, { share: 1 })[1].onMouse({ onClick: () => {} });
  });
  assert.deepEqual(frame.mouseAreas.map(({ rect }) => [rect.x, rect.width]), [[0, 10], [4, 6]]);
});
