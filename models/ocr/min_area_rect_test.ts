import assert from "node:assert/strict";
import fc from "fast-check";
import { convexHull, cornersOf, minAreaRect } from "./min_area_rect.ts";
import type { Point } from "./page.ts";

Deno.test("minAreaRect finds a rectangle that stands at an angle", () => {
  fc.assert(fc.property(
    fc.double({ min: 0, max: Math.PI, noNaN: true }),
    fc.integer({ min: 20, max: 200 }),
    fc.integer({ min: 2, max: 19 }),
    (angle, width, height) => {
      const axis: Point = [Math.cos(angle), Math.sin(angle)];
      const found = minAreaRect(cornersOf({ centre: [50, 60], axis, width, height }));
      const sides = [found.width, found.height].sort((a, b) => b - a);
      assert.ok(Math.abs(sides[0]! - width) < 1e-6 && Math.abs(sides[1]! - height) < 1e-6);
      assert.ok(Math.hypot(found.centre[0] - 50, found.centre[1] - 60) < 1e-6);
    },
  ));
});

Deno.test("minAreaRect holds every point", () => {
  const coordinate = fc.integer({ min: 0, max: 100 });
  fc.assert(fc.property(
    fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 40 }),
    (points) => {
      const { centre, axis, width, height } = minAreaRect(points);
      for (const [x, y] of points) {
        const [dx, dy] = [x - centre[0], y - centre[1]];
        assert.ok(Math.abs(dx * axis[0] + dy * axis[1]) <= width / 2 + 1e-6);
        assert.ok(Math.abs(dy * axis[0] - dx * axis[1]) <= height / 2 + 1e-6);
      }
    },
  ));
});

Deno.test("convexHull leaves out what lies inside or on a side", () => {
  const square: Point[] = [[0, 0], [4, 0], [4, 4], [0, 4]];
  assert.deepEqual(convexHull([...square, [2, 2], [2, 0], [1, 3]]), square);
});
