import assert from "node:assert/strict";
import { Log, LOG_LEVELS, type LogFormat, type LogLevel } from "./log.ts";

function logTo(lines: string[], options: { level?: LogLevel; format?: LogFormat } = {}): Log {
  return new Log({ ...options, write: (line) => lines.push(line) });
}

Deno.test("Log writes its level and those after it", () => {
  const written = LOG_LEVELS.map((level) => {
    const lines: string[] = [];
    const log = logTo(lines, { level, format: "json" });
    log.debug("");
    log.info("");
    log.warn("");
    log.error("");
    return lines.map((line) => JSON.parse(line).level);
  });
  assert.deepEqual(written, [
    ["debug", "info", "warn", "error"],
    ["info", "warn", "error"],
    ["warn", "error"],
    ["error"],
    [],
  ]);
});

Deno.test("Log writes an object on one line for collectors", () => {
  const lines: string[] = [];
  logTo(lines, { format: "json" }).warn("two\nlines", { reason: "a\r\nb", count: 2, none: null });
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines[0]!, /[\r\n]/);
  const { time, ...rest } = JSON.parse(lines[0]!);
  assert.equal(new Date(time).toISOString(), time);
  assert.deepEqual(rest, {
    level: "warn",
    message: "two\nlines",
    reason: "a\r\nb",
    count: 2,
    none: null,
  });
});

Deno.test("Log writes for people the time, the level, the message and the fields", () => {
  const lines: string[] = [];
  logTo(lines).info("ready", { url: "http://127.0.0.1:9382", note: "a\nb", frames: 3 });
  const [time, line] = [lines[0]!.slice(0, 12), lines[0]!.slice(12)];
  assert.match(time, /^\d\d:\d\d:\d\d\.\d{3}$/);
  assert.equal(line, ' INFO  ready  url="http://127.0.0.1:9382"  note="a\\nb"  frames=3');
});

Deno.test("Log keeps the newest lines for those who ask later", () => {
  const log = logTo([]);
  for (let i = 1; i <= 2_005; i++) log.info(`line ${i}`);
  assert.equal(log.lastSeq, 2_005);
  assert.deepEqual(log.linesAfter(0, 5_000).map(({ seq }) => seq).slice(0, 2), [6, 7]);
  assert.deepEqual(log.linesAfter(2_003, 10).map(({ message }) => message), [
    "line 2004",
    "line 2005",
  ]);
  assert.deepEqual(log.linesAfter(0, 1).map(({ seq }) => seq), [2_005]);
});
