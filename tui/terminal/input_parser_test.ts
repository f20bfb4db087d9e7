import assert from "node:assert/strict";
import fc from "fast-check";
import type { InputEvent } from "./input_event.ts";
import { InputParser } from "./input_parser.ts";

const encoder = new TextEncoder();

function parse(text: string): InputEvent[] {
  const parser = new InputParser();
  return [...parser.push(encoder.encode(text)), ...parser.flush()];
}

function chords(text: string): string[] {
  return parse(text).map((event) => event.kind === "key" ? event.chord : event.kind);
}

Deno.test("keys have the names that commands are bound to", () => {
  const keys: [bytes: string, chord: string][] = [
    ["a", "a"],
    ["G", "G"],
    [" ", "space"],
    ["\r", "enter"],
    ["\n", "ctrl-j"],
    ["\t", "tab"],
    ["\x1b[Z", "shift-tab"],
    ["\x7f", "backspace"],
    ["\x03", "ctrl-c"],
    ["\x1a", "ctrl-z"],
    ["\x1b[A", "up"],
    ["\x1bOB", "down"],
    ["\x1b[1;5C", "ctrl-right"],
    ["\x1b[1;2D", "shift-left"],
    ["\x1b[5~", "pageup"],
    ["\x1b[6~", "pagedown"],
    ["\x1b[3~", "delete"],
    ["\x1b[H", "home"],
    ["\x1bOF", "end"],
    ["\x1b\r", "alt-enter"],
    ["\x1bx", "alt-x"],
    ["\x1b", "escape"],
    ["é", "é"],
    ["漢", "漢"],
  ];
  for (const [bytes, chord] of keys) assert.deepEqual(chords(bytes), [chord]);
});

Deno.test("Escape is a key of its own once nothing follows", () => {
  const parser = new InputParser();
  assert.deepEqual(parser.push(encoder.encode("\x1b")), []);
  assert.ok(parser.isWaiting);
  assert.deepEqual(parser.flush(), [{ kind: "key", chord: "escape", text: "" }]);
  assert.ok(!parser.isWaiting);
  assert.deepEqual(chords("\x1b\x1b"), ["escape", "escape"]);
});

Deno.test("sequences that are unknown are left out, and what follows is not", () => {
  assert.deepEqual(chords("\x1b[?62;4cj"), ["j"], "a terminal's answer");
  assert.deepEqual(chords("\x1b[99~k"), ["k"]);
  assert.deepEqual(chords("\x1b[<35;4;5Mq"), ["q"], "a mouse that moves");
});

Deno.test("the mouse says where", () => {
  assert.deepEqual(parse("\x1b[<0;10;3M\x1b[<0;10;3m\x1b[<65;1;1M"), [
    { kind: "mouse", action: "click", x: 9, y: 2 },
    { kind: "mouse", action: "wheel-down", x: 0, y: 0 },
  ]);
});

Deno.test("what is pasted is text, whatever it says", () => {
  assert.deepEqual(parse("\x1b[200~q\r\n:quit\r\x1b[A\x1b[201~j"), [
    { kind: "paste", text: "q\n:quit\n\x1b[A" },
    { kind: "key", chord: "j", text: "j" },
  ]);
});

Deno.test("a paste is bounded", () => {
  const [paste] = parse(`\x1b[200~${"x".repeat(100_000)}\x1b[201~`);
  assert.ok(paste?.kind === "paste" && paste.text.length === 65_536);
});

Deno.test("however the bytes are cut, the events are the same", () => {
  const input = "aé漢\x1b[1;5A\x1b[200~x\x1b[A y\x1b[201~\x1b[<64;20;30M👍\x1bOP\x1b[5~z";
  const bytes = encoder.encode(input);
  const whole = parse(input);
  fc.assert(fc.property(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
    const parser = new InputParser();
    const ends = [...cuts.sort((a, b) => a - b), bytes.length];
    const events = ends.flatMap((end, i) => parser.push(bytes.subarray(ends[i - 1] ?? 0, end)));
    assert.deepEqual(events, whole);
    assert.ok(!parser.isWaiting);
  }));
});

Deno.test("any bytes are taken in, and nothing is kept for ever", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array()), (chunks) => {
    const parser = new InputParser();
    for (const chunk of chunks) parser.push(chunk);
    parser.flush();
    assert.ok(!parser.isWaiting);
  }));
});
