import assert from "node:assert/strict";
import { escapeMarkdown } from "../ocr/markdown.ts";
import { DOCUMENT_SCHEMAS } from "./document_schema.ts";
import { extractFields } from "./extract_fields.ts";

const INVOICE = "Invoice No. 2024-0815 of March 3, 2024\nBill to: Maria Souza\n" +
  "Total amount due: 99.80 EUR by April 2nd, 2024";
const invoice = DOCUMENT_SCHEMAS.find(({ name }) => name === "invoice")!;

function entity(label: string, text: string, score: number) {
  return { label, text, score, start: 0, end: 0 };
}

Deno.test("extractFields takes what the NER model is surest of, and can be read", async () => {
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

Deno.test("extractFields looks at all of a long document, as text without markup", async () => {
  const markdown = `${escapeMarkdown("Bill to: [A_B]")}\n\n${"word ".repeat(400)}\n\n` +
    "<table><tr><td>Total</td><td>&lt; 5 EUR</td></tr></table>";
  const seen: string[] = [];
  const { total } = await extractFields(markdown, invoice, {
    extract: (texts) => {
      seen.push(...texts);
      return Promise.resolve(texts.map((text) => ({
        isTruncated: false,
        entities: text.includes("EUR") ? [entity("total amount", "5 EUR", 0.7)] : [],
      })));
    },
  });
  assert.equal(seen.length, 2);
  assert.ok(seen[0]!.startsWith("Bill to: [A_B]\n"));
  assert.ok(seen[1]!.endsWith("Total\t< 5 EUR"));
  assert.deepEqual(total!.value, { amount: 5, currency: "EUR" });
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

Deno.test("extractFields asks the language model only for what the NER model has not found", async () => {
  const extract = () =>
    Promise.resolve([{ isTruncated: false, entities: [entity("customer", "Maria Souza", 0.9)] }]);
  const found = await extractFields(INVOICE, invoice, {
    extract,
    ask: (prompt, schema) => {
      assert.ok(!prompt.includes("- customer: "));
      assert.ok(!(schema["required"] as string[]).includes("customer"));
      return Promise.resolve({ customer: "Bill", number: "2024-0815" });
    },
  });
  assert.deepEqual(
    Object.entries(found).map(([name, { value, source }]) => [name, value, source]),
    [["number", "2024-0815", "llm"], ["customer", "Maria Souza", "ner"]],
  );
});

Deno.test("extractFields keeps what one finder has found if the other fails", async () => {
  const fails = () => Promise.reject(new Error("it is out of order"));
  const byNer = await extractFields(INVOICE, invoice, {
    extract: () =>
      Promise.resolve([{ isTruncated: false, entities: [entity("customer", "Maria Souza", 0.9)] }]),
    ask: fails,
  });
  assert.deepEqual(Object.keys(byNer), ["customer"]);
  const byLlm = await extractFields(INVOICE, invoice, {
    extract: fails,
    ask: () => Promise.resolve({ customer: "Maria Souza" }),
  });
  assert.deepEqual(Object.keys(byLlm), ["customer"]);
  await assert.rejects(extractFields(INVOICE, invoice, { extract: fails }), /out of order/);
});

Deno.test("extractFields finds fields whose names objects have already", async () => {
  const schema = {
    ...invoice,
    fields: [{ name: "constructor", label: "builder", kind: "text" as const }],
  };
  const extract = () =>
    Promise.resolve([{ isTruncated: false, entities: [entity("builder", "Maria", 0.9)] }]);
  const found = await extractFields(INVOICE, schema, { extract });
  assert.equal(found["constructor"]!.value, "Maria");
});
