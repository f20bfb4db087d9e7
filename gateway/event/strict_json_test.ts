import assert from "node:assert/strict";
import fc from "fast-check";
import {
  DuplicateMemberError,
  GatewayError,
  InvalidJsonError,
  InvalidUtf8Error,
  LoneSurrogateError,
  NumberOverflowError,
  TooDeepError,
  TooManyMembersError,
} from "./errors.ts";
import { decodeUtf8, parseJson, withoutByteOrderMark } from "./strict_json.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseJson(encode(text));

Deno.test("parseJson agrees with JSON.parse on valid documents, in every layout", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 6 }), fc.nat(4), (json, indent) => {
    const text = JSON.stringify(JSON.parse(json), null, indent);
    assert.deepEqual(parse(text), JSON.parse(text));
  }));
});

Deno.test("parseJson refuses what JSON.parse refuses, and only with errors of its own", () => {
  const fragment = fc.constantFrom(
    ..."{}[],:\"'\\ \n\t-+.eE01/#tfn\u0000é😀",
    ...[
      '"a"',
      "1e999",
      "null",
      "true",
      "NaN",
      "\\u",
      "\\ud800",
      "\ufeff",
      '{"a":1}',
      '"__proto__"',
    ],
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 12 }), (fragments) => {
      const text = fragments.join("");
      const expected = parsedOrError(() => JSON.parse(text.replace(/^\ufeff/, "")));
      const actual = parsedOrError(() => parse(text));
      if (expected instanceof SyntaxError) assert.ok(actual instanceof InvalidJsonError, text);
      else if (!(actual instanceof GatewayError)) assert.deepEqual(actual, expected);
      else assert.ok(!(actual instanceof InvalidJsonError), `${text}: ${actual.message}`);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("parseJson throws only errors of its own on arbitrary bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const result = parsedOrError(() => parseJson(bytes));
    assert.ok(!(result instanceof Error) || result instanceof GatewayError, String(result));
  }));
});

function parsedOrError(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    return error;
  }
}

Deno.test("parseJson finds a repeated member of any object, and names its path", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { minKeys: 1 }),
      (object) => {
        const [name] = Object.keys(object);
        const text = `[${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:1}]`;
        assert.throws(() => parse(text), DuplicateMemberError);
      },
    ),
  );
  const paths: [json: string, path: string][] = [
    ['{"a":1,"a":2}', "a"],
    ['{"a":1,"\\u0061":2}', "a"],
    [
      '{"order":{"items":[{"n":1},{"n":1,"unit price":2,"unit price":3}]}}',
      'order.items[1]["unit price"]',
    ],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
    ['{"a":{"b":1},"c":{"b":1,"d":{"b":1},"b":2}}', "c.b"],
    ['{"":1,"":2}', '[""]'],
    ['{"a":"c","c":1,"b":1,"b":2}', "b"],
  ];
  for (const [json, path] of paths) {
    assert.throws(() => parse(json), { name: "DuplicateMemberError", path, status: 400 });
  }
});

Deno.test("parseJson keeps members that are equal only as values, or in different objects", () => {
  for (const json of ['{"a":"a","b":"a"}', '[{"a":1},{"a":1}]', '{"a":{"a":{"a":":"}}}']) {
    assert.deepEqual(parse(json), JSON.parse(json));
  }
});

Deno.test("parseJson keeps __proto__ as an own member and no prototype is changed", () => {
  const value = parse('{"__proto__":{"admin":true}}') as Record<string, unknown>;
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal(value.admin, undefined);
});

Deno.test("parseJson allows 64 levels and refuses 65, before the text is parsed", () => {
  assert.ok(parse("[".repeat(64) + "]".repeat(64)));
  assert.ok(parse('{"a":'.repeat(64) + "1" + "}".repeat(64)));
  assert.throws(() => parse("[".repeat(65) + "]".repeat(65)), TooDeepError);
  assert.throws(() => parse("[".repeat(1_000_000)), { code: "json_too_deep", status: 413 });
  assert.ok(parse(JSON.stringify("[".repeat(100) + "{".repeat(100))), "brackets in strings");
});

Deno.test("parseJson allows 10,000 members and refuses one more", () => {
  const members = (count: number) =>
    `[{${Array.from({ length: count - 1 }, (_, i) => `"${i}":":"`)}},{"last":1}]`;
  assert.ok(parse(members(10_000)));
  assert.throws(() => parse(members(10_001)), TooManyMembersError);
  assert.throws(() => parse(members(10_001)), { code: "json_too_many_members", status: 413 });
});

Deno.test("parseJson scans every byte a bounded number of times", () => {
  let reads = 0;
  const counting: ProxyHandler<Uint8Array> = {
    get(bytes, key) {
      if (/^\d+$/.test(String(key))) reads++;
      return Reflect.get(bytes, key, bytes);
    },
  };
  for (const unit of ['"\\\\\\"",', '"aaaa",', "[],", "{},", '"\\ud83d\\ude00",']) {
    const text = `[${unit.repeat(1_000)}0]`;
    reads = 0;
    // The decoder takes no proxy, but by then the scan is done.
    assert.throws(() => parseJson(new Proxy(encode(text), counting)));
    assert.ok(reads >= text.length / 2 && reads <= text.length * 4, `${unit}: ${reads} reads`);
  }
});

Deno.test("parseJson refuses numbers beyond a double with their path", () => {
  const expected = { name: "NumberOverflowError", path: "a[1].b", code: "json_number_overflow" };
  assert.throws(() => parse('{"a":[1,{"b":-1e400}]}'), expected);
  assert.throws(() => parse("1" + "0".repeat(400)), NumberOverflowError);
  assert.deepEqual(parse("[1e-400,1.7976931348623157e308]"), [0, Number.MAX_VALUE]);
});

Deno.test("parseJson refuses escaped halves of surrogate pairs, in values and in names", () => {
  assert.throws(() => parse('{"a":["ok","\\ud83d"]}'), { path: "a[1]", status: 400 });
  assert.throws(() => parse('{"x\\uDE00":1}'), LoneSurrogateError);
  assert.throws(() => parse('"\\ude00\\ud83d"'), { message: /^the string escapes only half/ });
  assert.equal(parse('"\\ud83d\\uDE00"'), "😀");
  assert.equal(parse('"\\\\ud800"'), "\\ud800");
});

Deno.test("parseJson refuses bytes that are not UTF-8 and says where", () => {
  const bytes = Uint8Array.of(...encode('{"é":"'), 0xff, ...encode('"}'));
  assert.throws(() => parseJson(bytes), { name: "InvalidUtf8Error", message: /near byte 7$/ });
  for (
    const invalid of [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xef, 0xbf], [0xf5, 0x80, 0x80, 0x80]]
  ) {
    assert.throws(() => decodeUtf8(Uint8Array.from(invalid)), InvalidUtf8Error);
  }
  assert.equal(decodeUtf8(encode("\ufffd")), "\ufffd");
});

Deno.test("parseJson ignores a byte order mark, and withoutByteOrderMark removes it", () => {
  const marked = encode('\ufeff{"a":1}');
  assert.deepEqual(parseJson(marked), { a: 1 });
  assert.deepEqual(withoutByteOrderMark(marked), encode('{"a":1}'));
  assert.deepEqual(withoutByteOrderMark(encode("1")), encode("1"));
});
