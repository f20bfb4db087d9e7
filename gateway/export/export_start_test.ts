import assert from "node:assert/strict";
import fc from "fast-check";
import { formatUuid, NIL_UUID, UuidV7 } from "../event/uuid_v7.ts";
import { idBefore } from "./export_start.ts";

Deno.test("idBefore an event's id is the greatest that is smaller", () => {
  const id = "0190163d-8694-739b-aea5-966c26f8ad91";
  assert.equal(idBefore(id), "0190163d-8694-739b-aea5-966c26f8ad90");
  assert.equal(idBefore(id.toUpperCase()), "0190163d-8694-739b-aea5-966c26f8ad90");
  assert.equal(
    idBefore("0190163d-8694-7000-8000-000000000000"),
    "0190163d-8694-7000-7fff-ffffffffffff",
  );
});

Deno.test("idBefore a time lies between the ids of before and those from then on", () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 2 ** 42 }), (unixMs) => {
    const from = idBefore(new Date(unixMs).toISOString())!;
    assert.ok(formatUuid(new UuidV7().next(unixMs - 1)) < from);
    assert.ok(formatUuid(new UuidV7().next(unixMs)) > from);
  }));
  assert.equal(idBefore("2024-06-14T12:00:00+02:00"), idBefore("2024-06-14T10:00:00Z"));
  assert.equal(idBefore("1969-12-31T23:59:59Z"), NIL_UUID);
});

Deno.test("idBefore the beginning comes before every id", () => {
  assert.equal(idBefore("beginning"), NIL_UUID);
});

Deno.test("idBefore tells what is neither an event's id nor a time", () => {
  for (const text of ["", "end", "2024-06-14", "2016-12-32T00:00:00Z", NIL_UUID]) {
    assert.equal(idBefore(text), null, text);
  }
  assert.equal(idBefore(crypto.randomUUID()), null, "an id that is no event's");
});
