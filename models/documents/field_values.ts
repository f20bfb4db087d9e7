import type { DocumentSchema, FieldKind } from "./document_schema.ts";

/** What a field's text says; null if it is no such thing. */
export type FieldValue = string | { readonly amount: number; readonly currency: string | null };

const MONTHS: Readonly<Record<string, number>> = Object.fromEntries(
  [
    ["jan", "january", "janeiro"],
    ["feb", "fev", "february", "fevereiro"],
    ["mar", "march", "marco"],
    ["apr", "abr", "april", "abril"],
    ["may", "mai", "maio"],
    ["jun", "june", "junho"],
    ["jul", "july", "julho"],
    ["aug", "ago", "august", "agosto"],
    ["sep", "set", "september", "setembro"],
    ["oct", "out", "october", "outubro"],
    ["nov", "november", "novembro"],
    ["dec", "dez", "december", "dezembro"],
  ].flatMap((names, i) => names.map((name) => [name, i + 1])),
);

const CURRENCIES: readonly (readonly [RegExp, string])[] = [
  [/R\$|\bBRL\b|\breais\b/i, "BRL"],
  [/€|\bEUR\b|\beuros?\b/i, "EUR"],
  [/£|\bGBP\b/i, "GBP"],
  [/US\$|\$|\bUSD\b|\bdollars?\b/i, "USD"],
];

/** Reads a field's text as what the field is. */
export function readField(
  text: string,
  kind: FieldKind,
  language: DocumentSchema["language"],
): FieldValue | null {
  switch (kind) {
    case "text":
      return text.replace(/\s+/g, " ").trim() || null;
    case "date":
      return readDate(text, language);
    case "money":
      return readMoney(text);
    case "cpf":
      return readCheckedNumber(text, 11, CPF_WEIGHTS);
    case "cnpj":
      return readCheckedNumber(text, 14, CNPJ_WEIGHTS);
  }
}

const DAY_FIRST =
  /\b(\d{1,2})(?:st|nd|rd|th|o)?\s*(?:de\s+|of\s+)?([a-z]+)\.?,?\s*(?:de\s+)?(\d{4})\b/;
const MONTH_FIRST = /\b([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b/;

/** A date as ISO 8601; `3/4/2024` is read with the month first in English only. */
export function readDate(text: string, language: DocumentSchema["language"]): string | null {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const iso = /\b(\d{4})[-./](\d{1,2})[-./](\d{1,2})\b/.exec(plain);
  if (iso !== null) return dateOf(iso[1]!, Number(iso[2]), iso[3]!);
  const numeric = /\b(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4}|\d{2})\b/.exec(plain);
  if (numeric !== null) {
    const [, first, second, year] = numeric as unknown as [string, string, string, string];
    const isMonthFirst = language === "en" && Number(first) <= 12;
    const [day, month] = isMonthFirst ? [second, first] : [first, second];
    return dateOf(year, Number(month), day) ?? dateOf(year, Number(day), month);
  }
  return readNamedMonth(plain, DAY_FIRST, [1, 2]) ?? readNamedMonth(plain, MONTH_FIRST, [2, 1]);
}

/** @param groups of the pattern: day and month; the year is the third */
function readNamedMonth(
  plain: string,
  pattern: RegExp,
  [day, month]: readonly [number, number],
): string | null {
  const found = pattern.exec(plain);
  return found === null ? null : dateOf(found[3]!, MONTHS[found[month]!] ?? 0, found[day]!);
}

/** An amount, with `1.234,56` and `1,234.56` told apart by what comes last. */
export function readMoney(text: string): FieldValue | null {
  const digits = /\d[\d.,\s\u00a0']*/.exec(text)?.[0].replace(/[\s\u00a0']/g, "")
    .replace(/[.,]+$/, "");
  if (digits === undefined) return null;
  const lastMark = Math.max(digits.lastIndexOf("."), digits.lastIndexOf(","));
  const mark = digits[lastMark];
  // Three digits after the only kind of mark are thousands: nobody writes cents so.
  const isDecimal = lastMark !== -1 &&
    (digits.length - lastMark - 1 !== 3 || /[.,]/.test(digits.replaceAll(mark!, "")));
  const whole = (isDecimal ? digits.slice(0, lastMark) : digits).replace(/[.,]/g, "");
  const cents = isDecimal ? digits.slice(lastMark + 1) : "0";
  const currency = CURRENCIES.find(([pattern]) => pattern.test(text))?.[1] ?? null;
  return { amount: Number(`${whole}.${cents}`), currency };
}

const CPF_WEIGHTS = [[10, 9, 8, 7, 6, 5, 4, 3, 2], [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]];
const CNPJ_WEIGHTS = [
  [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2],
  [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2],
];

/** The digits of a CPF or CNPJ, if its two check digits are right. */
function readCheckedNumber(
  text: string,
  length: number,
  weights: readonly (readonly number[])[],
): string | null {
  const digits = text.replace(/\D/g, "");
  if (digits.length !== length || /^(\d)\1*$/.test(digits)) return null;
  const isRight = weights.every((row) => {
    const sum = row.reduce((total, weight, i) => total + weight * Number(digits[i]), 0);
    const check = sum % 11 < 2 ? 0 : 11 - sum % 11;
    return check === Number(digits[row.length]);
  });
  return isRight ? digits : null;
}

function dateOf(year: string, month: number, day: string): string | null {
  const fullYear = year.length === 2 ? `20${year}` : year;
  const iso = `${fullYear}-${String(month).padStart(2, "0")}-${day.padStart(2, "0")}`;
  const date = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? iso : null;
}
