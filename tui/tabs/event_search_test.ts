import assert from "node:assert/strict";
import { parseSearch } from "./event_search.ts";

Deno.test("a search has a type, a conversation, and text", () => {
  assert.deepEqual(parseSearch('late type:ClaimOpened conversation:"ana 7"  photo'), {
    type: "ClaimOpened",
    conversationId: "ana 7",
    contains: "late photo",
  });
  assert.deepEqual(parseSearch("  "), {});
  assert.deepEqual(parseSearch("http://x"), { contains: "http://x" });
});
