import assert from "node:assert/strict";
import fc from "fast-check";
import { type Opening, type ThinkingAnswer, ThinkingParser } from "./thinking.ts";

function parseThinking(answer: string): ThinkingAnswer {
  const parser = new ThinkingParser("text");
  parser.push(answer);
  return parser.end(true);
}

interface Case {
  readonly answer: string;
  readonly text: string;
  readonly reasoning: string;
}

const CASES: Readonly<Record<string, Case>> = {
  "Qwen3": {
    answer: "<think>\nOkay, the user wants insurance.\n</think>\n\nWhich car do you drive?",
    text: "Which car do you drive?",
    reasoning: "Okay, the user wants insurance.",
  },
  "Qwen3 told not to think": {
    answer: '<think>\n\n</think>\n\n{"type":"OrderPlaced"}',
    text: '{"type":"OrderPlaced"}',
    reasoning: "",
  },
  "Qwen3 and DeepSeek-R1 whose template opens the block": {
    answer: "Okay, let me see.\nIt is an order.\n</think>\n\nOrderPlaced",
    text: "OrderPlaced",
    reasoning: "Okay, let me see.\nIt is an order.",
  },
  "DeepSeek-R1 that opens the template's block again": {
    answer: "\n<think>\nHmm.\n</think>\nDone.",
    text: "Done.",
    reasoning: "Hmm.",
  },
  "gpt-oss in the harmony format": {
    answer: "<|channel|>analysis<|message|>User greets.<|end|><|start|>assistant" +
      "<|channel|>final<|message|>Hello!<|return|>",
    text: "Hello!",
    reasoning: "User greets.",
  },
  "gpt-oss that does not think": {
    answer: "<|channel|>final<|message|>Hello!<|end|>",
    text: "Hello!",
    reasoning: "",
  },
  "Magistral": {
    answer: "[THINK]Une question simple.[/THINK]Bonjour !",
    text: "Bonjour !",
    reasoning: "Une question simple.",
  },
  "a plain model": {
    answer: "Just <b>text</b>, 1 < 2.",
    text: "Just <b>text</b>, 1 < 2.",
    reasoning: "",
  },
  "a plain model's end": { answer: "Hello.<|end|>", text: "Hello.", reasoning: "" },
  "<thinking> in other cases": {
    answer: "<Thinking>a</THINKING>b",
    text: "b",
    reasoning: "a",
  },
  "several blocks": {
    answer: "<think>one</think>First. <think>two</think>Second.",
    text: "First. Second.",
    reasoning: "one\n\ntwo",
  },
  "nested blocks": {
    answer: "<think>a<think>b</think>c</think>d",
    text: "d",
    reasoning: "abc",
  },
  "a block that names its own marker": {
    answer: "<think>I write <think> first.</think>Done.",
    text: "Done.",
    reasoning: "I write  first.",
  },
  "a block that is never closed": {
    answer: "Wait. <think>And then there is",
    text: "Wait.",
    reasoning: "And then there is",
  },
  "a stray close after a block": {
    answer: "<think>a</think>b</think>c",
    text: "bc",
    reasoning: "a",
  },
  "half a marker at the end": { answer: "1 <thin", text: "1 <thin", reasoning: "" },
  "nothing": { answer: "", text: "", reasoning: "" },
};

for (const [name, { answer, text, reasoning }] of Object.entries(CASES)) {
  Deno.test(`ThinkingParser keeps reasoning and text apart: ${name}`, () => {
    const parsed = parseThinking(answer);
    assert.deepEqual({ text: parsed.text, reasoning: parsed.reasoning }, { text, reasoning });
  });
}

Deno.test("ThinkingParser says that an answer started in the middle of reasoning", () => {
  assert.equal(parseThinking("a</think>b").startedThinking, true);
  assert.equal(parseThinking("<think>a</think>b").startedThinking, false);
  assert.equal(parseThinking("b").startedThinking, false);
});

Deno.test("ThinkingParser gives text as it comes, without a marker's beginning", () => {
  const parser = new ThinkingParser("text");
  const given = ["Hi", " <", "b> <th", "ink>no", "</thi", "nk>", " yes"].map((c) => parser.push(c));
  assert.deepEqual(given, ["Hi", " ", "<b> ", "", "", "", " yes"]);
});

Deno.test("ThinkingParser that does not know the opening gives no reasoning out as text", () => {
  const parser = new ThinkingParser("unknown");
  assert.equal(parser.push("Let me see."), "");
  assert.equal(parser.push(" Yes.</think>\n"), "");
  assert.equal(parser.push("The answer"), "The answer");
  assert.deepEqual(parser.end(true), {
    text: "The answer",
    reasoning: "Let me see. Yes.",
    startedThinking: true,
  });
});

Deno.test("ThinkingParser that does not know the opening gives text out at the first block or the end", () => {
  const parser = new ThinkingParser("unknown");
  assert.equal(parser.push("Sure."), "");
  assert.equal(parser.push("<think>hm"), "Sure.");
  const plain = new ThinkingParser("unknown");
  assert.equal(plain.push("No markers."), "");
  assert.equal(plain.end(true).text, "No markers.");
});

Deno.test("ThinkingParser takes what was cut off in the middle of reasoning for no text", () => {
  const endOf = (opening: Opening, answer: string) => {
    const parser = new ThinkingParser(opening);
    return { given: parser.push(answer), ...parser.end(false) };
  };
  const reasoning = { given: "", text: "", reasoning: "Let me see" };
  assert.partialDeepStrictEqual(endOf("reasoning", "Let me see"), reasoning);
  assert.partialDeepStrictEqual(endOf("text", "<think>Let me see"), reasoning);
  const nested = endOf("text", "<think>a<think>b</think>c");
  assert.partialDeepStrictEqual(nested, { text: "", reasoning: "abc" });
  assert.partialDeepStrictEqual(endOf("unknown", "Some text"), {
    text: "Some text",
    reasoning: "",
  });
});

const pieceOfAnswer = fc.oneof(
  fc.constantFrom(
    "<think>",
    "</think>",
    "<thinking>",
    "[THINK]",
    "[/think]",
    "<|end|>",
    "<th",
    "<",
  ),
  fc.constantFrom("<|channel|>analysis<|message|>", "<|channel|>final<|message|>", "<|channel|>"),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);
const anyAnswer = fc.array(pieceOfAnswer, { maxLength: 20 }).map((pieces) => pieces.join(""));

Deno.test("ThinkingParser finds the same however an answer is cut into chunks", () => {
  fc.assert(
    fc.property(
      anyAnswer,
      fc.array(fc.nat(9), { minLength: 1 }),
      fc.constantFrom<Opening>("text", "reasoning", "unknown"),
      (answer, sizes, opening) => {
        const parser = new ThinkingParser(opening);
        for (let at = 0, i = 0; at < answer.length; i++) {
          const size = sizes[i % sizes.length]! + 1;
          parser.push(answer.slice(at, at + size));
          at += size;
        }
        assert.deepEqual(parser.end(true), parseThinking(answer));
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("ThinkingParser gives out the beginning of the text, unless the start was reasoning", () => {
  fc.assert(
    fc.property(anyAnswer, fc.integer({ min: 1, max: 9 }), (answer, size) => {
      const parser = new ThinkingParser("text");
      let given = "";
      for (let at = 0; at < answer.length; at += size) {
        given += parser.push(answer.slice(at, at + size));
      }
      const { text, startedThinking } = parser.end(true);
      assert.ok(startedThinking || text.startsWith(given.trimEnd()));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("ThinkingParser reads megabytes of markers and halves of them, in small chunks", () => {
  for (
    const unit of ["<", "<think>", "</think>", "<thin", "<|channel|>", "<think>a</think>", " "]
  ) {
    const parser = new ThinkingParser("text");
    const chunk = unit.repeat(10);
    for (let units = 0; units < 1_000_000; units += chunk.length) parser.push(chunk);
    parser.end(true);
  }
});
