import type { DocumentSchema } from "./document_schema.ts";

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
    ["sep", "sept", "set", "september", "setembro"],
    ["oct", "out", "october", "outubro"],
    ["nov", "november", "novembro"],
    ["dec", "dez", "december", "dezembro"],
  ].flatMap((names, i) => names.map((name) => [name, i + 1])),
);

const YEAR_FIRST = /(?<!\d)(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)/;
const NUMERIC = /(?<!\d)(\d{1,2}) ?[-./ ] ?(\d{1,2}) ?[-./ ] ?(\d{4}|\d{2})(?!\d)/;
/** `2 de abril de 2024`, `the 2nd of April 2024`, `02-Apr-24`; passports have `02 ABR/APR 2024`. */
const DAY_FIRST =
  /(?<!\d)(\d{1,2})(?:st|nd|rd|th|o)?[ ./-]*(?:(?:de|of) )?([a-z]{3,9})(?:\/[a-z]{3,9})?[ .,/-]*(?:de )?(\d{4}|\d{2})(?!\d)/;
const MONTH_FIRST = /\b([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(?!\d)/;
/** Two digits are the years from 1969 to 2068, as in POSIX's `strptime`. */
const PIVOT_YEAR = 69;

/** A date as ISO 8601; `3/4/2024` is read with the month first in English only. */
export function readDate(text: string, language: DocumentSchema["language"]): string | null {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ");
  const iso = YEAR_FIRST.exec(plain);
  if (iso !== null) return dateOf(iso[1]!, Number(iso[2]), iso[3]!);
  const numeric = NUMERIC.exec(plain);
  if (numeric !== null) {
    const [, first, second, year] = numeric as unknown as [string, string, string, string];
    const dayFirst = dateOf(year, Number(second), first);
    const monthFirst = dateOf(year, Number(first), second);
    return language === "en" ? monthFirst ?? dayFirst : dayFirst ?? monthFirst;
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

function dateOf(year: string, month: number, day: string): string | null {
  const century = year.length === 4 ? "" : Number(year) >= PIVOT_YEAR ? "19" : "20";
  const iso = `${century}${year}-${String(month).padStart(2, "0")}-${day.padStart(2, "0")}`;
  const date = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? iso : null;
}
