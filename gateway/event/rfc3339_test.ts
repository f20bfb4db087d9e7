import assert from "node:assert/strict";
import fc from "fast-check";
import { isRfc3339, rfc3339Us } from "./rfc3339.ts";

Deno.test("isRfc3339 takes every timestamp that Date writes", () => {
  const date = fc.date({
    min: new Date("0000-01-01"),
    max: new Date("9999-12-31"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(date, (date) => assert.ok(isRfc3339(date.toISOString()))));
});

Deno.test("isRfc3339 takes offsets, any precision, lower case and leap seconds", () => {
  for (
    const text of [
      "2024-02-29T23:59:60Z",
      "2000-02-29t00:00:00.123456789z",
      "1937-01-01T12:00:27.87+00:20",
      "2026-11-20T22:44:00-03:00",
    ]
  ) assert.ok(isRfc3339(text), text);
});

Deno.test("isRfc3339 refuses other formats and dates that do not exist", () => {
  for (
    const text of [
      "2023-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z",
      "2024-04-31T00:00:00Z",
      "2024-13-01T00:00:00Z",
      "2024-00-01T00:00:00Z",
      "2024-01-01T24:00:00Z",
      "2024-01-01T00:60:00Z",
      "2024-01-01T00:00:00+24:00",
      "2024-01-01T00:00:00",
      "2024-01-01",
      "2024-01-01T00:00:00.Z",
      "2024-01-01T00:00:00Z\n",
      "Fri, 20 Nov 2026 22:44:00 GMT",
      "",
    ]
  ) assert.ok(!isRfc3339(text), text);
});

Deno.test("rfc3339Us reads what Date writes, at any offset", () => {
  const date = fc.date({
    min: new Date("0000-01-02"),
    max: new Date("2200-12-30"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(date, fc.integer({ min: -1_439, max: 1_439 }), (date, offset) => {
    const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
    const pad = (number: number) => String(number).padStart(2, "0");
    const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
    const text = `${local}${offset < 0 ? "-" : "+"}${pad(hours)}:${pad(minutes)}`;
    assert.equal(rfc3339Us(text), date.getTime() * 1_000);
  }));
});

Deno.test("rfc3339Us reads microseconds, rounds finer parts up, and takes a leap second", () => {
  const base = Date.UTC(2016, 11, 31, 23, 59, 59) * 1_000;
  for (
    const [text, us] of [
      ["2016-12-31T23:59:59.269598Z", base + 269_598],
      ["2016-12-31T23:59:59.2695980Z", base + 269_598],
      ["2016-12-31T23:59:59.26959800001Z", base + 269_599],
      ["2016-12-31T23:59:59.5Z", base + 500_000],
      ["2016-12-31T23:59:60Z", base + 1_000_000],
      ["2016-12-31", null],
    ] as const
  ) assert.equal(rfc3339Us(text), us, text);
});
