import assert from "node:assert/strict";
import { List } from "./list.ts";
import { paint } from "./widget_fixture.ts";

/** Draws a list of numbers; returns the rows that are seen. */
function draw(list: List, first: number, end: number, height = 5): string[] {
  const { lines } = paint(
    8,
    height,
    (canvas) =>
      list.draw(canvas, { first, end, draw: (row, index) => row.text(0, 0, String(index)) }),
  );
  return lines.filter((line) => line !== "");
}

Deno.test("List draws only the rows that are seen, whatever their number", () => {
  const list = new List();
  assert.deepEqual(draw(list, 0, 1e7), ["0", "1", "2", "3", "4"]);
  list.toEnd();
  assert.deepEqual(draw(list, 0, 1e7).at(-1), "9999999");
  list.moveBy(-5);
  assert.deepEqual(draw(list, 0, 1e7)[0], "9999994");
});

Deno.test("List keeps the selected row in sight and in bounds", () => {
  const list = new List();
  draw(list, 0, 100);
  list.moveBy(7);
  assert.deepEqual(draw(list, 0, 100), ["3", "4", "5", "6", "7"]);
  list.pageBy(1);
  assert.deepEqual(draw(list, 0, 100), ["8", "9", "10", "11", "12"]);
  list.moveBy(-1_000);
  assert.equal(list.selected, 0);
  draw(list, 40, 50);
  assert.equal(list.selected, 40, "rows that are no more can't be selected");
});

Deno.test("List stays where it is while rows come in front of it", () => {
  const list = new List();
  draw(list, 0, 20);
  list.moveBy(10);
  const before = draw(list, 0, 20);
  assert.deepEqual(draw(list, -256, 20), before);
});

Deno.test("List shows as many rows as there are when it gets higher", () => {
  const list = new List();
  draw(list, 0, 20);
  list.toEnd();
  assert.equal(draw(list, 0, 20, 12).length, 12);
});

Deno.test("List opens a row that is clicked twice", () => {
  const list = new List();
  let opened = 0;
  list.onOpen = () => opened++;
  const { frame } = paint(8, 5, (canvas) => list.draw(canvas, { end: 4, draw: () => {} }));
  const { onClick } = frame.mouseAreas.at(-1)!;
  onClick!(0, 2);
  assert.deepEqual([list.selected, opened], [2, 0]);
  onClick!(0, 2);
  assert.equal(opened, 1);
  onClick!(0, 4);
  assert.equal(list.selected, 2, "there is no fifth row");
});
