import assert from "node:assert/strict";
import { ResultTooLargeError } from "../errors.ts";
import { Offsets } from "./offsets.ts";

Deno.test("Offsets go on over several appends, and begin anew when they are taken", () => {
  const offsets = new Offsets();
  assert.equal(offsets.append(Uint32Array.of(3, 0, 4)), 7);
  assert.equal(offsets.append(Uint32Array.of(1)), 1);
  assert.deepEqual([...offsets.take()], [0, 3, 3, 7, 8]);
  assert.deepEqual([...offsets.take()], [0]);
});

Deno.test("Offsets refuse what 32 bits don't reach", () => {
  const offsets = new Offsets();
  offsets.append(Uint32Array.of(2 ** 31 - 1));
  assert.throws(() => offsets.append(Uint32Array.of(1)), ResultTooLargeError);
});
