import assert from "node:assert/strict";
import { acceptedOf } from "./media_types.ts";

Deno.test("acceptedOf takes the first known form that is named", () => {
  const accepted = (accept?: string) => acceptedOf(accept, ["application/json", "text/csv"]);
  assert.equal(accepted(), "application/json");
  assert.equal(accepted("*/*"), "application/json");
  assert.equal(accepted("image/png, Text/CSV;q=0.5, application/json"), "text/csv");
});
