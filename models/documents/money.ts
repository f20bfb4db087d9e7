/** An amount of money. */
export interface Money {
  readonly amount: number;
  /** ISO 4217; null = it does not say. */
  readonly currency: string | null;
}

const CURRENCIES: readonly (readonly [RegExp, string])[] = [
  [/R\$|\bBRL\b|\breais\b/i, "BRL"],
  [/€|\bEUR\b|\beuros?\b/i, "EUR"],
  [/£|\bGBP\b/i, "GBP"],
  [/US\$|\$|\bUSD\b|\bdollars?\b/i, "USD"],
];

/** With spaces or apostrophes between thousands, or with points and commas. */
const AMOUNT = /\d{1,3}(?:[\s'’]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d[\d.,]*/;
/** What stands before a negative amount; a dash between words is no sign. */
const NEGATIVE = /(?:^\s*[-−]\s*|\s[-−]|\()(?:R\$|US\$|[$€£]|[A-Z]{3})?\s*$/;
/** More digits could not be told apart as a number. */
const DIGITS_MAX = 15;

/** An amount, with `1.234,56` and `1,234.56` told apart by what comes last; null if there is none. */
export function readMoney(text: string): Money | null {
  const currency = CURRENCIES.find(([mark]) => mark.test(text));
  const markIndex = currency === undefined ? 0 : text.search(currency[0]);
  const found = AMOUNT.exec(text.slice(markIndex)) ?? AMOUNT.exec(text);
  if (found === null) return null;
  const number = readNumber(found[0]);
  if (number === null) return null;
  const before = text.slice(0, text.length - found.input.length + found.index);
  return { amount: NEGATIVE.test(before) ? -number : number, currency: currency?.[1] ?? null };
}

function readNumber(written: string): number | null {
  const digits = written.replace(/[\s'’]/g, "").replace(/[.,]+$/, "");
  const lastMark = Math.max(digits.lastIndexOf("."), digits.lastIndexOf(","));
  const whole = lastMark === -1 ? digits : digits.slice(0, lastMark);
  const fraction = lastMark === -1 ? "" : digits.slice(lastMark + 1);
  // Three digits after the only kind of mark are thousands: nobody writes cents so.
  const isThousands = fraction.length === 3 && whole !== "0" &&
    !/[.,]/.test(whole.replaceAll(digits[lastMark]!, ""));
  const units = (isThousands ? digits : whole).replace(/[.,]/g, "");
  if (units.length > DIGITS_MAX) return null;
  return Number(isThousands ? units : `${units}.${fraction}`);
}
