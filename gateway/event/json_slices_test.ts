import assert from "node:assert/strict";
import fc from "fast-check";
import { InvalidEventError, InvalidJsonError } from "./errors.ts";
import { jsonArrayElements, jsonMember } from "./json_slices.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);
const elements = (text: string) => [...jsonArrayElements(encode(text))].map(decode);

Deno.test("jsonArrayElements yields the text of every element, in every layout", () => {
  fc.assert(fc.property(fc.array(fc.jsonValue()), fc.nat(3), (array, indent) => {
    const parsed = elements(JSON.stringify(array, null, indent)).map((text) => JSON.parse(text!));
    assert.deepEqual(parsed, JSON.parse(JSON.stringify(array)));
  }));
});

Deno.test("jsonArrayElements keeps each element's text as it was sent, without whitespace around", () => {
  const sent = ' [ {"n": 1.0} ,\r\n\t12345678901234567890,"a,]\\"" ] \n';
  assert.deepEqual(elements(sent), ['{"n": 1.0}', "12345678901234567890", '"a,]\\""']);
  assert.deepEqual(elements("[ ]"), []);
});

Deno.test("jsonArrayElements leaves a broken element to whoever parses it", () => {
  assert.deepEqual(elements("[1, {oops}, NaN, , 2]"), ["1", "{oops}", "NaN", "", "2"]);
});

Deno.test("jsonArrayElements yields the good elements before the array itself is found broken", () => {
  for (const broken of ["[1,2", '[1,2,{"a":1]', "[1,2}", "[1,2] 3", '[1,2,"x']) {
    const seen: unknown[] = [];
    assert.throws(
      () => {
        for (const element of jsonArrayElements(encode(broken))) seen.push(decode(element));
      },
      InvalidJsonError,
      broken,
    );
    assert.deepEqual(seen.slice(0, 1), ["1"]);
  }
});

Deno.test("jsonArrayElements refuses what is not an array", () => {
  assert.throws(() => elements('{"a":1}'), InvalidEventError);
  assert.throws(() => elements("oops"), InvalidJsonError);
  assert.throws(() => elements(""), InvalidJsonError);
});

Deno.test("jsonMember finds the text of each top-level member of any object", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (object, indent) => {
      const bytes = encode(JSON.stringify(object, null, indent));
      for (const [name, value] of Object.entries(object)) {
        assert.deepEqual(
          JSON.parse(decode(jsonMember(bytes, name))!),
          JSON.parse(JSON.stringify(value)),
        );
      }
    }),
  );
});

Deno.test("jsonMember looks at the top level only and undoes escapes in names", () => {
  const bytes = encode('{"a":{"data":1},"b":"data","d\\u0061ta" : [ 1.0 ] }');
  assert.equal(decode(jsonMember(bytes, "data")), "[ 1.0 ]");
  assert.equal(jsonMember(bytes, "c"), null);
  assert.equal(jsonMember(encode(" {} "), "a"), null);
});
