import assert from "node:assert/strict";
import { chooseSchema } from "./choose_schema.ts";
import { DOCUMENT_SCHEMAS, DocumentSchemaError, readDocumentSchemas } from "./document_schema.ts";
import { extractFields } from "./extract_fields.ts";
import { readDate, readField, readMoney } from "./field_values.ts";

const INVOICE = "Invoice No. 2024-0815 of March 3, 2024\nBill to: Maria Souza\n" +
  "Total amount due: 99.80 EUR by April 2nd, 2024";
const invoice = DOCUMENT_SCHEMAS.find(({ name }) => name === "invoice")!;

Deno.test("chooseSchema takes the kind whose words stand in the text, accents or not", () => {
  const kindOf = (text: string) => chooseSchema(text, DOCUMENT_SCHEMAS)?.name ?? null;
  assert.equal(kindOf(INVOICE), "invoice");
  assert.equal(
    kindOf("NOTA FISCAL\nData de emissao 03/04/2024\nCNPJ 11.222.333/0001-81"),
    "nota_fiscal",
  );
  assert.equal(kindOf("PASSPORT\nSurname SOUZA\nNationality BRAZILIAN"), "identity");
  assert.equal(kindOf("A letter about the total of nothing"), null);
  assert.equal(kindOf(""), null);
});

Deno.test("readDate reads dates as each language writes them", () => {
  const cases = [
    ["2024-05-06", "en", "2024-05-06"],
    ["5/6/2024", "en", "2024-05-06"],
    ["05/06/2024", "pt", "2024-06-05"],
    ["25/12/24", "en", "2024-12-25"],
    ["March 3, 2024", "en", "2024-03-03"],
    ["on the 2nd of April 2024", "en", "2024-04-02"],
    ["1º de março de 2024", "pt", "2024-03-01"],
    ["31.02.2024", "pt", null],
    ["soon", "en", null],
  ] as const;
  for (const [text, language, expected] of cases) {
    assert.equal(readDate(text, language), expected, text);
  }
});

Deno.test("readMoney tells thousands and cents apart, and finds the currency", () => {
  const cases = [
    ["R$ 1.234,56", 1234.56, "BRL"],
    ["$1,234.56", 1234.56, "USD"],
    ["99.80 EUR", 99.8, "EUR"],
    ["1.234", 1234, null],
    ["12,5", 12.5, null],
    ["£ 1 000 000", 1_000_000, "GBP"],
    ["1.234.567,00 reais", 1_234_567, "BRL"],
  ] as const;
  for (const [text, amount, currency] of cases) {
    assert.deepEqual(readMoney(text), { amount, currency }, text);
  }
  assert.equal(readMoney("nothing"), null);
});

Deno.test("readField takes a CPF or CNPJ only with the right check digits", () => {
  assert.equal(readField("529.982.247-25", "cpf", "pt"), "52998224725");
  assert.equal(readField("529.982.247-24", "cpf", "pt"), null);
  assert.equal(readField("111.111.111-11", "cpf", "pt"), null);
  assert.equal(readField("11.222.333/0001-81", "cnpj", "pt"), "11222333000181");
  assert.equal(readField("11.222.333/0001-80", "cnpj", "pt"), null);
});

Deno.test("extractFields takes what the NER model is surest of, and can be read", async () => {
  const entity = (label: string, text: string, score: number) => ({
    label,
    text,
    score,
    start: 0,
    end: 0,
  });
  const found = await extractFields(INVOICE, invoice, {
    extract: ([text], labels) => {
      assert.equal(text, INVOICE);
      assert.ok(labels.includes("due date"));
      return Promise.resolve([{
        isTruncated: false,
        entities: [
          entity("invoice number", "0815", 0.4),
          entity("invoice number", "2024-0815", 0.9),
          entity("due date", "soon", 0.9),
          entity("total amount", "99.80 EUR", 0.8),
        ],
      }]);
    },
  });
  assert.deepEqual(found, {
    number: { value: "2024-0815", text: "2024-0815", score: 0.9, source: "ner" },
    total: {
      value: { amount: 99.8, currency: "EUR" },
      text: "99.80 EUR",
      score: 0.8,
      source: "ner",
    },
  });
});

Deno.test("extractFields takes from a language model only what stands in the document", async () => {
  const found = await extractFields(INVOICE, invoice, {
    ask: (prompt, schema) => {
      assert.ok(prompt.includes(INVOICE));
      assert.deepEqual(schema["required"], invoice.fields.map(({ name }) => name));
      return Promise.resolve({
        number: "2024-0815",
        customer: "Maria  Souza",
        supplier: "ACME Inc.",
        due_on: "April 2nd, 2024",
        issued_on: null,
        total: 99.8,
      });
    },
  });
  assert.deepEqual(
    Object.entries(found).map(([name, { value, source }]) => [name, value, source]),
    [
      ["number", "2024-0815", "llm"],
      ["due_on", "2024-04-02", "llm"],
      ["customer", "Maria Souza", "llm"],
    ],
  );
});

Deno.test("readDocumentSchemas takes an operator's schemas, and says what is wrong in them", async () => {
  const path = await Deno.makeTempFile();
  const own = [{
    name: "contract",
    language: "pt",
    keywords: ["contrato", "cláusula"],
    fields: [{ name: "party", label: "contratante" }],
  }];
  await Deno.writeTextFile(path, JSON.stringify(own));
  const [schema] = await readDocumentSchemas(path);
  assert.equal(schema!.fields[0]!.kind, "text");
  await Deno.writeTextFile(path, JSON.stringify([{ ...own[0], language: "de" }]));
  await assert.rejects(readDocumentSchemas(path), /0\.language/);
  await Deno.writeTextFile(path, "{");
  await assert.rejects(readDocumentSchemas(path), DocumentSchemaError);
  await Deno.remove(path);
});
