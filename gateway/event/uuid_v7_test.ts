import assert from "node:assert/strict";
import fc from "fast-check";
import { formatUuid, parseUuid, UuidV7 } from "./uuid_v7.ts";

const unixMs = fc.integer({ min: 0, max: 2 ** 48 - 2 });
const fields = (id: Uint8Array) => {
  const bits = BigInt(`0x${id.toHex()}`);
  return {
    unixMs: Number(bits >> 80n),
    version: Number(bits >> 76n & 0xfn),
    variant: Number(bits >> 62n & 3n),
    counter: Number((bits >> 64n & 0xfffn) << 14n | bits >> 48n & 0x3fffn),
  };
};

Deno.test("UuidV7 ids only grow, whatever the clock does", () => {
  fc.assert(fc.property(fc.array(unixMs, { minLength: 2, maxLength: 200 }), (clock) => {
    const ids = new UuidV7();
    const texts = clock.map((ms) => formatUuid(ids.next(ms)));
    assert.deepEqual(texts, [...new Set(texts)].sort());
  }));
});

Deno.test("UuidV7 ids carry their millisecond, version 7 and the RFC's variant", () => {
  fc.assert(fc.property(unixMs.filter((ms) => ms > 0), (ms) => {
    const { unixMs, version, variant } = fields(new UuidV7().next(ms + 0.75));
    assert.deepEqual({ unixMs, version, variant }, { unixMs: ms, version: 7, variant: 2 });
  }));
});

Deno.test("UuidV7 counts on within a millisecond and moves on when the counter is used up", () => {
  const last = new Uint8Array(16).fill(0xff);
  last.set([0, 0, 0, 0, 0, 5, 0x7f, 0xff, 0xbf, 0xfe]);
  const ids = new UuidV7({ after: last });
  assert.deepEqual(pick(ids.next(5)), [5, 2 ** 26 - 1]);
  assert.equal(fields(ids.next(5)).unixMs, 6);
  const [ms, counter] = pick(ids.next(3));
  assert.deepEqual(pick(ids.next(6)), [ms, counter! + 1]);
});

function pick(id: Uint8Array): number[] {
  const { unixMs, counter } = fields(id);
  return [unixMs, counter];
}

Deno.test("UuidV7 continues above the last id of a former process, even if the clock went back", () => {
  fc.assert(fc.property(unixMs, unixMs, (before, now) => {
    const after = new UuidV7().next(before);
    const next = new UuidV7({ after }).next(now);
    assert.ok(formatUuid(next) > formatUuid(after));
  }));
});

Deno.test("UuidV7 refuses to continue after something that is not a UUID version 7", () => {
  for (const after of [new Uint8Array(16), new Uint8Array(15).fill(0x7f), new Uint8Array(0)]) {
    assert.throws(() => new UuidV7({ after }), RangeError);
  }
});

Deno.test("UuidV7 gives each id its own bytes, also past the end of its random pool", () => {
  const ids = new UuidV7();
  const tails = Array.from({ length: 3000 }, () => ids.next(1).subarray(10).toHex());
  assert.equal(new Set(tails).size, tails.length);
});

Deno.test("formatUuid and parseUuid are each other's inverse", () => {
  fc.assert(fc.property(fc.uuid(), (text) => {
    assert.equal(formatUuid(parseUuid(text)!), text);
    assert.deepEqual(parseUuid(text.toUpperCase()), parseUuid(text));
  }));
});

Deno.test("parseUuid takes nothing but the canonical form", () => {
  const uuid = "0190163d-8694-739b-aea5-966c26f8ad91";
  for (
    const text of ["", uuid.replaceAll("-", ""), `{${uuid}}`, `${uuid}\n`, uuid.replace("a", "g")]
  ) {
    assert.equal(parseUuid(text), null, text);
  }
});
