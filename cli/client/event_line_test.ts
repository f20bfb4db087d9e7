import assert from "node:assert/strict";
import fc from "fast-check";
import { eventLine as drawEvent, type LineStyle, parseEvent } from "./event_line.ts";
import { eventJson } from "./fixtures.ts";
import { safeJson, safeText } from "./safe_text.ts";

const PLAIN = { columns: Infinity, hasColours: false };
// deno-lint-ignore no-control-regex -- none of them may be left
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

function eventLine(json: string, style: LineStyle): string {
  return drawEvent(parseEvent(json), style);
}

Deno.test("eventLine shows time, type, conversation and message", () => {
  const json = eventJson({
    type: "UserMessage",
    conversation: "ana",
    payload: { message: "Quero cancelar\n  meu plano", plan: "gold" },
  });
  assert.equal(
    eventLine(json, PLAIN),
    "12:34:56.789  UserMessage             ana             Quero cancelar meu plano",
  );
});

Deno.test("eventLine shows an event without a message as it came", () => {
  const line = eventLine(eventJson({ payload: { total: 12.5, message: "" } }), PLAIN);
  assert.match(line, / {2}\{"total":12\.5,"message":""\}$/);
});

Deno.test("eventLine fits the terminal, whatever the event's characters take", () => {
  const json = eventJson({ payload: { message: "保険の見積もり👩‍👩‍👧‍👦".repeat(20) } });
  const line = eventLine(json, { columns: 80, hasColours: false });
  assert.match(line, /保険の見積もり.*…$/);
  const cells = [...new Intl.Segmenter().segment(line)].reduce(
    (sum, { segment }) => sum + (/^[ -~…]$/.test(segment) ? 1 : 2),
    0,
  );
  assert.ok(cells <= 80 && cells >= 78, `${cells}`);
});

Deno.test("eventLine colours types, each always alike", () => {
  const style = { columns: 80, hasColours: true };
  const line = eventLine(eventJson({ type: "A", payload: {} }), style);
  assert.equal(line, eventLine(eventJson({ type: "A", payload: {} }), style));
  assert.ok(line.includes(`m${"A".padEnd(22)}\x1b[39m`), line);
});

Deno.test("parseEvent refuses what is no event", () => {
  for (const json of ["", "{}", "not JSON", '{"type":1}']) {
    assert.throws(() => parseEvent(json), { name: "GatewayAnswerError" });
  }
});

Deno.test("no event makes the terminal do anything", () => {
  const evil = fc.string({ unit: "binary" }).map((text) => `\x1b]0;owned\x07\x9b2J\u202e${text}`);
  fc.assert(fc.property(evil, evil, evil, (type, conversation, message) => {
    const json = eventJson({ type, conversation, payload: { message } });
    assert.doesNotMatch(eventLine(json, PLAIN), OBEYED);
    assert.doesNotMatch(safeJson(json), OBEYED);
    assert.doesNotMatch(safeText(message).replaceAll(/[\n\t]/g, ""), OBEYED);
    assert.deepEqual(JSON.parse(safeJson(json)), JSON.parse(json));
  }));
});
