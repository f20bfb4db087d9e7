import assert from "node:assert/strict";
import { docsPage } from "./docs_page.ts";

const INFO = { title: "Collider", version: "1.2.3", description: "What it is." };

async function pageOf(paths: Record<string, object>): Promise<string> {
  return String(await docsPage({ info: INFO, paths }));
}

Deno.test("docsPage shows every operation with its parameters, bodies and answers", async () => {
  const page = await pageOf({
    "/events": {
      get: {
        summary: "List events",
        parameters: [{ name: "limit", in: "query", schema: { description: "Rows at most." } }],
        responses: { 200: { description: "The events." } },
      },
      post: { requestBody: { content: { "application/x-ndjson": {} } } },
    },
  });
  for (
    const text of [
      "Collider",
      "1.2.3",
      "What it is.",
      "List events",
      "/events",
      "limit",
      "query: Rows at most.",
      "application/x-ndjson",
      "The events.",
    ]
  ) assert.ok(page.includes(text), text);
  assert.equal(page.match(/<section>/g)?.length, 2);
});

Deno.test("docsPage leaves out what is no operation", async () => {
  const page = await pageOf({ "/events": { summary: "About", parameters: [] } });
  assert.doesNotMatch(page, /<section>/);
});

Deno.test("docsPage escapes what it shows", async () => {
  const page = await pageOf({ "/x": { get: { summary: "<script>alert(1)</script>" } } });
  assert.doesNotMatch(page, /<script>/);
  assert.match(page, /&lt;script&gt;/);
});

Deno.test("docsPage needs nothing from elsewhere", async () => {
  assert.doesNotMatch(await pageOf({}), /<script|<link|src=|https?:/);
});
