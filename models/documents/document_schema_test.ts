import assert from "node:assert/strict";
import { DOCUMENT_SCHEMAS, DocumentSchemaError, readDocumentSchemas } from "./document_schema.ts";

const CONTRACT = {
  name: "contract",
  language: "pt",
  keywords: ["contrato", "cláusula"],
  fields: [{ name: "party", label: "contratante" }],
};

/** Reads schemas from a file that is gone afterwards. */
async function read(content: string) {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, content);
  return await readDocumentSchemas(path).finally(() => Deno.remove(path));
}

Deno.test("readDocumentSchemas takes an operator's schemas; a field is a text if not said else", async () => {
  const [schema] = await read(JSON.stringify([CONTRACT]));
  assert.deepEqual(schema, { ...CONTRACT, fields: [{ ...CONTRACT.fields[0], kind: "text" }] });
});

Deno.test("readDocumentSchemas says where a file is wrong", async () => {
  const field = CONTRACT.fields[0]!;
  const long = Array.from({ length: 11 }, (_, i) => ({ name: `n${i}`, label: "x".repeat(100) }));
  const cases: [unknown, RegExp][] = [
    [CONTRACT, /: the file: .*expected array/],
    [[{ ...CONTRACT, language: "de" }], /: 0\.language: /],
    [[{ ...CONTRACT, name: "Contract" }], /: 0\.name: must be at most 64 of a-z/],
    [[{ ...CONTRACT, keywords: ["contrato"] }], /: 0\.keywords: /],
    [[{ ...CONTRACT, fields: [{ ...field, kind: "number" }] }], /: 0\.fields\.0\.kind: /],
    [[{ ...CONTRACT, fields: [field, field] }], /: 0\.fields: two of them have the same name/],
    [[{ ...CONTRACT, fields: long }], /: 0\.fields: their labels have more than 1000 characters/],
    [[CONTRACT, CONTRACT], /: the file: two of them have the same name/],
    [[{ ...CONTRACT, colour: "red" }], /colour/],
  ];
  for (const [content, message] of cases) {
    await assert.rejects(read(JSON.stringify(content)), (error: Error) => {
      assert.ok(error instanceof DocumentSchemaError);
      assert.match(error.message, message);
      return true;
    });
  }
  await assert.rejects(read("{"), /can't be read: .*JSON/);
  await assert.rejects(readDocumentSchemas("/no/such/file.json"), /can't be read: No such file/);
});

Deno.test("the known schemas are as an operator's have to be", async () => {
  assert.deepEqual(await read(JSON.stringify(DOCUMENT_SCHEMAS)), DOCUMENT_SCHEMAS);
});
