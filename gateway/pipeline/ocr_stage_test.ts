import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "../../models/ocr/page.ts";
import { newEvent } from "../store/fixtures.ts";
import { DOCUMENT_SCHEMAS } from "../../models/documents/document_schema.ts";
import { ImageRoot } from "./image_root.ts";
import { OcrStage } from "./ocr_stage.ts";

const LEARNED = { intentId: 0, fillRate: 0 };
const IMAGE = new Uint8Array(60).fill(7);

function pageOf(markdown: string): Page {
  return { width: 1, height: 1, lines: [], markdown };
}

/** Reads two pages, which say how long the document is. */
const reader = {
  read: (document: Uint8Array) => {
    if (document.length === 0) return Promise.reject(new Error("it is empty"));
    return Promise.resolve([pageOf(`${document.length} bytes`), pageOf("end")]);
  },
};

function pendingOf(payload: Record<string, unknown>) {
  return { event: newEvent({ type: "Scan", ...payload }), learned: LEARNED };
}

Deno.test("OcrStage adds what stands in an event's image to its text", async () => {
  const stage = new OcrStage(reader, new ImageRoot(null), { schemas: DOCUMENT_SCHEMAS });
  const pending = pendingOf({ message: "see below", image: IMAGE.toBase64() });
  assert.ok(stage.applies(pending));
  assert.ok(!stage.applies(pendingOf({ message: "no image" })));
  const [outcome] = await stage.run([pending], AbortSignal.timeout(1_000));
  assert.deepEqual(outcome!.result, { markdown: "60 bytes\n\nend", pages: 2 });
  assert.equal(outcome!.pending!.text, "see below\n\n60 bytes\n\nend");
});

Deno.test("OcrStage reads files below the image folder, and fails for one event alone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "collider-images-" });
  await Deno.writeFile(join(folder, "page.png"), IMAGE);
  await Deno.writeFile(join(folder, "empty.png"), new Uint8Array());
  const stage = new OcrStage(reader, new ImageRoot(folder), { schemas: DOCUMENT_SCHEMAS });
  const outcomes = await stage.run(
    ["empty.png", "../page.png", "page.png"].map((path) => pendingOf({ image_path: path })),
    AbortSignal.timeout(1_000),
  );
  assert.equal(outcomes[0]!.error, "it is empty");
  assert.match(outcomes[1]!.error!, /no such file below/);
  assert.deepEqual(outcomes[2]!.result, { markdown: "60 bytes\n\nend", pages: 2 });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("OcrStage finds the fields of a document of a known kind", async () => {
  const invoice = "Invoice\nBill to: Maria\nAmount due: 12 EUR";
  const stage = new OcrStage(
    { read: () => Promise.resolve([pageOf(invoice)]) },
    new ImageRoot(null),
    {
      schemas: DOCUMENT_SCHEMAS,
      extract: () =>
        Promise.resolve([{
          isTruncated: false,
          entities: [{ label: "total amount", text: "12 EUR", score: 0.9, start: 0, end: 6 }],
        }]),
    },
  );
  const pending = pendingOf({ image: IMAGE.toBase64() });
  const [outcome] = await stage.run([pending], AbortSignal.timeout(1_000));
  assert.deepEqual(outcome!.result, {
    markdown: invoice,
    pages: 1,
    document: "invoice",
    fields: {
      total: { value: { amount: 12, currency: "EUR" }, text: "12 EUR", score: 0.9, source: "ner" },
    },
  });
});
