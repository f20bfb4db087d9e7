import assert from "node:assert/strict";
import fc from "fast-check";
import { AnswerAssembly } from "./answer_assembly.ts";
import { LlmBrokenAnswerError } from "./errors.ts";

const OPTIONS = { opening: "text", wantsJson: true } as const;

/** Deltas as servers stream them, each followed by the end that the server gives. */
const RECORDED: Readonly<Record<string, { deltas: unknown[]; expected: object }>> = {
  "Qwen3 on LM Studio": {
    deltas: [
      { role: "assistant", reasoning_content: "Okay, the user" },
      { reasoning_content: " greets." },
      { content: "\n\nHello" },
      { content: "!" },
    ],
    expected: { text: "Hello!", reasoning: "Okay, the user greets." },
  },
  "Qwen3 on a server that leaves the reasoning in": {
    deltas: [
      { role: "assistant", content: "<th" },
      { content: "ink>\nOkay.\n</think" },
      { content: '>\n\n{"type":"Order' },
      { content: 'Placed"}' },
    ],
    expected: {
      text: '{"type":"OrderPlaced"}',
      reasoning: "Okay.",
      json: { type: "OrderPlaced" },
    },
  },
  "DeepSeek-R1 on its own server": {
    deltas: [
      { role: "assistant", content: null, reasoning_content: "" },
      { content: null, reasoning_content: "Hmm." },
      { content: "Hi.", reasoning_content: null },
      { content: "", reasoning_content: null },
    ],
    expected: { text: "Hi.", reasoning: "Hmm." },
  },
  "DeepSeek-R1 whose template opens the block": {
    deltas: [{ role: "assistant", content: "" }, { content: "Hmm.\n</think>\n\nHi." }],
    expected: { text: "Hi.", reasoning: "Hmm." },
  },
  "gpt-oss on Ollama": {
    deltas: [
      { role: "assistant", content: "", reasoning: "User greets." },
      { role: "assistant", content: "Hello." },
    ],
    expected: { text: "Hello.", reasoning: "User greets." },
  },
  "gpt-oss on a server that passes its format on": {
    deltas: [
      { content: "<|channel|>analysis<|mess" },
      { content: "age|>User greets.<|end|><|start|>assistant<|channel|>final<|message|>Hel" },
      { content: "lo.<|return|>" },
    ],
    expected: { text: "Hello.", reasoning: "User greets." },
  },
  "Magistral on Mistral's own server": {
    deltas: [
      {
        role: "assistant",
        content: [{ type: "thinking", thinking: [{ type: "text", text: "Si" }] }],
      },
      { content: [{ type: "thinking", thinking: [{ type: "text", text: "mple." }] }] },
      { content: [{ type: "text", text: "Bon" }] },
      { content: "jour." },
    ],
    expected: { text: "Bonjour.", reasoning: "Simple." },
  },
  "Mistral on vLLM, calling a tool": {
    deltas: [
      { role: "assistant", content: "" },
      { tool_calls: [{ index: 0, id: "a1", type: "function", function: { name: "get_schema" } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"name":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '"A"}' } }] },
    ],
    expected: {
      text: "",
      toolCalls: [{ id: "a1", name: "get_schema", argumentsJson: '{"name":"A"}' }],
    },
  },
  "a server that gives whole tool calls without id or index": {
    deltas: [{ tool_calls: [{ function: { name: "get_schema", arguments: "{}" } }] }],
    expected: { toolCalls: [{ id: "call_0", name: "get_schema", argumentsJson: "{}" }] },
  },
  "a plain model on llama.cpp": {
    deltas: [{ role: "assistant", content: null }, { content: "Hel" }, { content: "lo." }, {}],
    expected: { text: "Hello.", reasoning: "" },
  },
};

for (const [server, { deltas, expected }] of Object.entries(RECORDED)) {
  Deno.test(`AnswerAssembly understands ${server}`, () => {
    const assembly = new AnswerAssembly(OPTIONS);
    for (const delta of deltas) assembly.add({ choices: [{ index: 0, delta }] });
    assembly.add({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    assembly.add({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 5 } });
    const { answer, isWhole } = assembly.finish();
    assert.partialDeepStrictEqual(answer, expected);
    assert.deepEqual(answer.usage, { promptTokens: 3, completionTokens: 5 });
    assert.equal(isWhole, true);
  });
}

Deno.test("AnswerAssembly says that an answer was cut off at its most tokens", () => {
  const assembly = new AnswerAssembly(OPTIONS);
  assembly.add({ choices: [{ delta: { content: '{"a":1} {"a"' }, finish_reason: "length" }] });
  const { answer, isWhole } = assembly.finish();
  assert.equal(isWhole, false);
  assert.deepEqual(answer.json, { a: 1 });
});

Deno.test("AnswerAssembly takes no answer whose end has not come", () => {
  const assembly = new AnswerAssembly(OPTIONS);
  assembly.add({ choices: [{ delta: { content: "Hel" }, finish_reason: null }] });
  assert.throws(() => assembly.finish(), LlmBrokenAnswerError);
});

Deno.test("AnswerAssembly takes anything, or says that it is broken", () => {
  const delta = fc.record({
    content: fc.oneof(fc.string(), fc.jsonValue()),
    reasoning: fc.oneof(fc.string(), fc.jsonValue()),
    tool_calls: fc.jsonValue(),
  }, { requiredKeys: [] });
  const chunk = fc.oneof(
    fc.jsonValue(),
    fc.record({ choices: fc.array(fc.record({ delta, finish_reason: fc.string() })) }),
  );
  fc.assert(
    fc.property(fc.array(chunk), (chunks) => {
      const assembly = new AnswerAssembly(OPTIONS);
      try {
        for (const each of chunks) assert.equal(typeof assembly.add(each), "string");
        assert.equal(typeof assembly.finish().answer.text, "string");
      } catch (error) {
        assert.ok(error instanceof LlmBrokenAnswerError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
