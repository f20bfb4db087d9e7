import assert from "node:assert/strict";
import { broken, ok } from "./finding.ts";
import { findingLines } from "./finding_lines.ts";

Deno.test("findingLines says what is well, and what to do about what is not", () => {
  const plain = { hasColours: false };
  assert.deepEqual(findingLines(ok("ring", "all is well"), plain), [
    "✓ ring            all is well",
  ]);
  assert.deepEqual(findingLines(broken("ring", "no\x1b[2J room", "make room"), plain), [
    "✗ ring            no␛[2J room",
    "                  make room",
  ]);
});

Deno.test("findingLines colours the sign only", () => {
  const [line] = findingLines(ok("ring", "all is well"), { hasColours: true });
  assert.equal(line, "\x1b[32m✓\x1b[39m ring            all is well");
});
