import assert from "node:assert/strict";
import fc from "fast-check";
import { Emulator } from "../../tests/tui/emulator.ts";
import { Screen } from "./screen.ts";
import { style } from "./style.ts";
import { THEMES } from "./theme.ts";

const COLUMNS = 20;
const ROWS = 4;
const theme = THEMES.dark;

interface Drawing {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly fg: number;
}

const drawing: fc.Arbitrary<Drawing> = fc.record({
  x: fc.nat(COLUMNS),
  y: fc.nat(ROWS - 1),
  text: fc.array(fc.constantFrom("a", "xyz", " ", "漢", "👩‍👩‍👧‍👦", "e\u0301", "❤️", "█", "\x1b[2J"), {
    maxLength: 8,
  }).map((parts) => parts.join("")),
  fg: fc.constantFrom(1, 2, 80),
});

Deno.test("what is written turns any frame into any other, as a terminal sees it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(drawing, { maxLength: 6 }), { minLength: 1, maxLength: 5 }),
      async (frames) => {
        const screen = new Screen({ columns: COLUMNS, rows: ROWS });
        const emulator = new Emulator({ columns: COLUMNS, rows: ROWS });
        for (const drawings of frames) {
          await emulator.write(screen.draw(theme, (canvas) => {
            for (const { x, y, text, fg } of drawings) canvas.text(x, y, text, style({ fg }));
          }));
          assert.deepEqual(emulator.cells(), Emulator.cellsOf(screen.cells));
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("only changed cells are written, and nothing if none has changed", () => {
  const screen = new Screen({ columns: 80, rows: 24 });
  const frame = (text: string) => screen.draw(theme, (canvas) => canvas.text(3, 5, text));
  assert.ok(frame("value 123").length > 80 * 24, "the first frame is written whole");
  assert.equal(frame("value 123"), "");
  const changes = frame("value 124");
  assert.ok(changes.startsWith("\x1b[?2026h\x1b[?25l\x1b[6;12H"), "moves to the cell");
  assert.ok(changes.includes("m4\x1b"), "writes it and no other");
  assert.ok(changes.length < 80, changes);
});

Deno.test("a frame is shown all at once, with the cursor where it belongs", () => {
  const screen = new Screen({ columns: 10, rows: 2 });
  const output = screen.draw(theme, (canvas) => canvas.showCursor(4, 1));
  assert.ok(output.startsWith("\x1b[?2026h\x1b[?25l"));
  assert.ok(output.endsWith("\x1b[2;5H\x1b[?25h\x1b[?2026l"));
});
