import { readCnpj, readCpf } from "./brazilian_numbers.ts";
import { readDate } from "./dates.ts";
import type { DocumentSchema, FieldKind } from "./document_schema.ts";
import { type Money, readMoney } from "./money.ts";

/** What a field says. */
export type FieldValue = string | Money;

/** UTF-16 code units of a field at most: longer texts are no answer. */
const FIELD_UNITS_MAX = 1_000;

/** Reads a field's text as what the field is; null if it is no such thing. */
export function readField(
  text: string,
  kind: FieldKind,
  language: DocumentSchema["language"],
): FieldValue | null {
  if (text.length > FIELD_UNITS_MAX) return null;
  switch (kind) {
    case "text":
      return text.replace(/\s+/g, " ").trim() || null;
    case "date":
      return readDate(text, language);
    case "money":
      return readMoney(text);
    case "cpf":
      return readCpf(text);
    case "cnpj":
      return readCnpj(text);
  }
}
