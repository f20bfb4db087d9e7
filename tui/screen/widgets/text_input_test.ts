import assert from "node:assert/strict";
import { InputParser } from "../../terminal/input_parser.ts";
import { TextInput } from "./text_input.ts";
import { paint } from "./widget_fixture.ts";

/** Types as a terminal sends it. */
function type(input: TextInput, text: string): TextInput {
  const parser = new InputParser();
  for (const event of [...parser.push(new TextEncoder().encode(text)), ...parser.flush()]) {
    input.handle(event);
  }
  return input;
}

const LEFT = "\x1b[D";
const UP = "\x1b[A";
const BACKSPACE = "\x7f";

Deno.test("TextInput moves and deletes by grapheme, not by code unit", () => {
  assert.equal(type(new TextInput(), `a👩‍👩‍👧‍👦b${LEFT}${BACKSPACE}x`).text, "axb");
  assert.equal(type(new TextInput(), `e\u0301${BACKSPACE}`).text, "");
});

Deno.test("TextInput has the keys of a shell's line", () => {
  assert.equal(type(new TextInput(), "one two\x17three").text, "one three", "ctrl-w");
  assert.equal(type(new TextInput(), "one\x01zero ").text, "zero one", "ctrl-a");
  assert.equal(type(new TextInput(), "one two\x15three").text, "three", "ctrl-u");
  assert.equal(type(new TextInput(), "one two\x1bb\x0b").text, "one ", "alt-b, ctrl-k");
});

Deno.test("TextInput has several lines only where it may", () => {
  assert.equal(type(new TextInput(), "a\nb\x1b[200~c\nd\x1b[201~").text, "abc d");
  const input = type(new TextInput({ isMultiline: true }), "ab\ncd\x1b\re");
  assert.equal(input.text, "ab\ncd\ne");
});

Deno.test("TextInput moves between the rows that are seen", () => {
  const input = type(new TextInput({ isMultiline: true }), "漢字漢字 ab");
  paint(7, 4, (canvas) => input.draw(canvas, { isFocused: true }));
  assert.equal(type(input, `${UP}x`).text, "漢字x漢字 ab");
});

Deno.test("TextInput wraps, and shows the cursor where the next character will be", () => {
  const input = type(new TextInput({ isMultiline: true }), "abcdef漢");
  const { lines, frame } = paint(5, 3, (canvas) => input.draw(canvas, { isFocused: true }));
  assert.deepEqual(lines, ["abcd", "ef漢", ""]);
  assert.deepEqual(frame.cursor, { x: 4, y: 1 });
  assert.equal(input.heightAt(5), 2);
});

Deno.test("TextInput is bounded", () => {
  assert.equal(type(new TextInput({ maxLength: 3 }), "abcdef").text, "abc");
});

Deno.test("TextInput leaves keys alone that mean nothing to it", () => {
  const input = new TextInput();
  for (const chord of ["tab", "pagedown", "ctrl-c", "up"]) {
    assert.equal(input.handle({ kind: "key", chord, text: "" }), false, chord);
  }
});
