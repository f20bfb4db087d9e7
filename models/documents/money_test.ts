import assert from "node:assert/strict";
import fc from "fast-check";
import { readMoney } from "./money.ts";

Deno.test("readMoney tells thousands and cents apart, and finds the currency", () => {
  const cases = [
    ["R$ 1.234,56", 1234.56, "BRL"],
    ["$1,234.56", 1234.56, "USD"],
    ["99.80 EUR", 99.8, "EUR"],
    ["1.234", 1234, null],
    ["R$ 1.234", 1234, "BRL"],
    ["0.125", 0.125, null],
    ["12,5", 12.5, null],
    ["£ 1 000 000", 1_000_000, "GBP"],
    ["1 234,50 €", 1234.5, "EUR"],
    ["CHF 1'234.50", 1234.5, null],
    ["1.234.567,00 reais", 1_234_567, "BRL"],
    ["US$ 5", 5, "USD"],
    ["Total: R$ 45,00.", 45, "BRL"],
  ] as const;
  for (const [text, amount, currency] of cases) {
    assert.deepEqual(readMoney(text), { amount, currency }, text);
  }
});

Deno.test("readMoney takes one amount of several: the one after the currency, or the first", () => {
  assert.equal(readMoney("2 x R$ 10,00")!.amount, 10);
  assert.equal(readMoney("10.00 20.00")!.amount, 10);
});

Deno.test("readMoney keeps the sign of an amount, and takes no dash for one", () => {
  const cases = [
    ["-R$ 5,00", -5],
    ["R$ -5,00", -5],
    ["($ 5.00)", -5],
    ["−5.00", -5],
    ["Total - R$ 5,00", 5],
    ["INV-5", 5],
  ] as const;
  for (const [text, amount] of cases) assert.equal(readMoney(text)!.amount, amount, text);
});

Deno.test("readMoney reads no amount where there is none, or one beyond exact numbers", () => {
  for (const text of ["nothing", "", "R$", "9".repeat(400)]) {
    assert.equal(readMoney(text), null, text);
  }
});

Deno.test("readMoney reads what is written in the Brazilian and the American way", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 99_999_999_999 }), (cents) => {
    const amount = cents / 100;
    for (const [locale, currency] of [["pt-BR", "BRL"], ["en-US", "USD"]] as const) {
      const text = new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount);
      assert.deepEqual(readMoney(text), { amount, currency }, text);
    }
  }));
});
