import { z } from "zod";
import { ModelError } from "../errors.ts";

/** What a field's text is read as. */
const FIELD_KINDS = ["text", "date", "money", "cpf", "cnpj"] as const;
export type FieldKind = typeof FIELD_KINDS[number];

/** What is to be found in a document. */
export interface DocumentField {
  readonly name: string;
  /** What is looked for, as a NER model is asked for it. */
  readonly label: string;
  readonly kind: FieldKind;
}

/** A kind of document, and what is to be found in it. */
export interface DocumentSchema {
  readonly name: string;
  /** How its dates are written. */
  readonly language: "en" | "pt";
  /** Words of which such a document has at least {@linkcode KEYWORDS_MIN}. */
  readonly keywords: readonly string[];
  readonly fields: readonly DocumentField[];
}

/** A document of a kind has at least so many of its keywords. */
export const KEYWORDS_MIN = 2;
/** UTF-16 code units of all labels of a schema: as many as a NER model is asked for at once. */
const LABELS_UNITS_MAX = 1_000;

const identifier = z.string().regex(
  /^[a-z][a-z0-9_]{0,63}$/,
  "must be at most 64 of a-z, 0-9 and _, the first a letter",
);

const schemaFile = z.array(z.strictObject({
  name: identifier,
  language: z.enum(["en", "pt"]),
  keywords: z.array(z.string().trim().min(1).max(100)).min(KEYWORDS_MIN).max(50),
  fields: z.array(z.strictObject({
    name: identifier,
    label: z.string().trim().min(1).max(100),
    kind: z.enum(FIELD_KINDS).default("text"),
  })).min(1).max(50)
    .refine(haveOwnNames, "two of them have the same name")
    .refine(
      (fields) => fields.reduce((sum, { label }) => sum + label.length, 0) <= LABELS_UNITS_MAX,
      `their labels have more than ${LABELS_UNITS_MAX} characters`,
    ),
})).max(100).refine(haveOwnNames, "two of them have the same name");

function haveOwnNames(items: readonly { readonly name: string }[]): boolean {
  return new Set(items.map(({ name }) => name)).size === items.length;
}

/** A file of document schemas is not as it should be. */
export class DocumentSchemaError extends ModelError {}

/**
 * Reads the operator's document schemas: a JSON array of {@linkcode DocumentSchema}.
 *
 * @throws {DocumentSchemaError} naming the member that is wrong
 */
export async function readDocumentSchemas(path: string): Promise<DocumentSchema[]> {
  let json: unknown;
  try {
    json = JSON.parse(await Deno.readTextFile(path));
  } catch (cause) {
    throw new DocumentSchemaError(
      `the document schemas ${path} can't be read: ${(cause as Error).message}`,
      { hint: "give a JSON file with an array of document schemas", cause },
    );
  }
  const parsed = schemaFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path: place, message } = parsed.error.issues[0]!;
  throw new DocumentSchemaError(`${path}: ${place.join(".") || "the file"}: ${message}`, {
    hint: "correct it there; a schema has a name, a language (en or pt), keywords and fields",
  });
}

const MONEY = "money" as const;
const DATE = "date" as const;
const TEXT = "text" as const;

/** The kinds of documents that are known without a file. */
export const DOCUMENT_SCHEMAS: readonly DocumentSchema[] = [
  {
    name: "invoice",
    language: "en",
    keywords: ["invoice", "invoice no", "bill to", "due date", "amount due", "total", "vat", "tax"],
    fields: [
      { name: "number", label: "invoice number", kind: TEXT },
      { name: "issued_on", label: "invoice date", kind: DATE },
      { name: "due_on", label: "due date", kind: DATE },
      { name: "supplier", label: "supplier", kind: TEXT },
      { name: "customer", label: "customer", kind: TEXT },
      { name: "total", label: "total amount", kind: MONEY },
    ],
  },
  {
    name: "nota_fiscal",
    language: "pt",
    keywords: ["nota fiscal", "fatura", "vencimento", "valor total", "cnpj", "emissão", "emitente"],
    fields: [
      { name: "number", label: "número da nota", kind: TEXT },
      { name: "issued_on", label: "data de emissão", kind: DATE },
      { name: "due_on", label: "data de vencimento", kind: DATE },
      { name: "supplier", label: "fornecedor", kind: TEXT },
      { name: "supplier_cnpj", label: "CNPJ", kind: "cnpj" },
      { name: "customer", label: "cliente", kind: TEXT },
      { name: "total", label: "valor total", kind: MONEY },
    ],
  },
  {
    name: "receipt",
    language: "en",
    keywords: ["receipt", "subtotal", "change", "cash", "card", "thank you", "cashier", "total"],
    fields: [
      { name: "merchant", label: "shop", kind: TEXT },
      { name: "paid_on", label: "date", kind: DATE },
      { name: "total", label: "total amount", kind: MONEY },
    ],
  },
  {
    name: "recibo",
    language: "pt",
    keywords: ["recibo", "cupom fiscal", "troco", "dinheiro", "cartão", "subtotal", "recebi"],
    fields: [
      { name: "merchant", label: "loja", kind: TEXT },
      { name: "paid_on", label: "data", kind: DATE },
      { name: "total", label: "valor total", kind: MONEY },
    ],
  },
  {
    name: "identity",
    language: "en",
    keywords: [
      "passport",
      "identity card",
      "surname",
      "given names",
      "nationality",
      "date of birth",
    ],
    fields: [
      { name: "name", label: "person", kind: TEXT },
      { name: "number", label: "document number", kind: TEXT },
      { name: "born_on", label: "date of birth", kind: DATE },
      { name: "expires_on", label: "date of expiry", kind: DATE },
      { name: "nationality", label: "nationality", kind: TEXT },
    ],
  },
  {
    name: "identidade",
    language: "pt",
    keywords: ["carteira de identidade", "registro geral", "nome", "filiação", "cpf", "nascimento"],
    fields: [
      { name: "name", label: "nome da pessoa", kind: TEXT },
      { name: "number", label: "número do documento", kind: TEXT },
      { name: "cpf", label: "CPF", kind: "cpf" },
      { name: "born_on", label: "data de nascimento", kind: DATE },
    ],
  },
];
