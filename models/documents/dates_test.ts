import assert from "node:assert/strict";
import { readDate } from "./dates.ts";

Deno.test("readDate reads dates as each language writes them", () => {
  const cases = [
    ["2024-05-06", "en", "2024-05-06"],
    ["2024-05-06T10:00:00Z", "en", "2024-05-06"],
    ["5/6/2024", "en", "2024-05-06"],
    ["05/06/2024", "pt", "2024-06-05"],
    ["05 / 06 / 2024", "pt", "2024-06-05"],
    ["25/12/24", "en", "2024-12-25"],
    ["12/25/2024", "pt", "2024-12-25"],
    ["March 3, 2024", "en", "2024-03-03"],
    ["on the 2nd of April 2024", "en", "2024-04-02"],
    ["02-Sept-24", "en", "2024-09-02"],
    ["1º de março de 2024", "pt", "2024-03-01"],
    ["15 ABR/APR 2031", "pt", "2031-04-15"],
    ["15/dez/2024", "pt", "2024-12-15"],
  ] as const;
  for (const [text, language, expected] of cases) {
    assert.equal(readDate(text, language), expected, text);
  }
});

Deno.test("readDate takes two digits for the years from 1969 to 2068", () => {
  assert.equal(readDate("01/02/69", "pt"), "1969-02-01");
  assert.equal(readDate("01/02/68", "pt"), "2068-02-01");
});

Deno.test("readDate reads no date that the calendar does not have", () => {
  const texts = ["31.02.2024", "29/02/2023", "13/13/2024", "2024-00-10", "3 Foo 2024", "soon", ""];
  for (const text of texts) {
    assert.equal(readDate(text, "en"), null, text);
    assert.equal(readDate(text, "pt"), null, text);
  }
});
