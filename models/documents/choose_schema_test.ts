import assert from "node:assert/strict";
import { chooseSchema } from "./choose_schema.ts";
import { DOCUMENT_SCHEMAS } from "./document_schema.ts";

Deno.test("chooseSchema takes the kind whose words stand in the text, accents or not", () => {
  const kindOf = (text: string) => chooseSchema(text, DOCUMENT_SCHEMAS)?.name ?? null;
  assert.equal(kindOf("Invoice No. 2024-0815\nBill to: Maria Souza"), "invoice");
  assert.equal(
    kindOf("NOTA FISCAL\nData de emissao 03/04/2024\nCNPJ 11.222.333/0001-81"),
    "nota_fiscal",
  );
  assert.equal(kindOf("Receipt\nSubtotal 4.00\nCash 5.00\nChange 1.00"), "receipt");
  assert.equal(kindOf("CUPOM FISCAL\nTotal 4,00\nDinheiro 5,00\nTroco 1,00"), "recibo");
  assert.equal(kindOf("PASSPORT\nSurname SOUZA\nNationality BRAZILIAN"), "identity");
  assert.equal(kindOf("REGISTRO GERAL\nNome Maria\nFiliação José"), "identidade");
});

Deno.test("chooseSchema takes none for a single word, or for parts of words", () => {
  for (const text of ["A letter about the total of nothing", "taxing invoices", ""]) {
    assert.equal(chooseSchema(text, DOCUMENT_SCHEMAS), null, text);
  }
});
