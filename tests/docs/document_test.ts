import assert from "node:assert/strict";
import { readExamples } from "./document.ts";

const FENCE = "```";

function rolesOf(...lines: string[]) {
  return readExamples(lines.join("\n")).map(({ role }) => role);
}

Deno.test("readExamples takes blocks with their lines, and runs what can be run", () => {
  const text = [
    "# Title",
    `${FENCE}sh`,
    "curl -N \\",
    "  x",
    FENCE,
    "",
    `${FENCE}json`,
    "{}",
    FENCE,
  ];
  assert.deepEqual(readExamples(text.join("\n")), [
    { language: "sh", text: "curl -N \\\n  x\n", line: 2, role: { kind: "run" } },
    { language: "json", text: "{}\n", line: 7, role: { kind: "shown" } },
  ]);
});

Deno.test("readExamples does with a block what the comment before it says", () => {
  for (
    const [comment, role] of [
      ["fails", { kind: "fails" }],
      ["the other terminal prints", { kind: "the other terminal prints" }],
      ["file train.py", { kind: "file", name: "train.py" }],
      ["not run: it needs Docker", { kind: "not run", reason: "it needs Docker" }],
    ] as const
  ) {
    const block = [`${FENCE}sh`, "true", FENCE];
    const roles = rolesOf(`<!-- example: ${comment} -->`, "", ...block, ...block);
    assert.deepEqual(roles, [role, { kind: "run" }]);
  }
});

Deno.test("readExamples refuses what would not be run without anybody noticing", () => {
  for (
    const [lines, says] of [
      [[`${FENCE}bash`, "true", FENCE], /line 3: call bash one of sh/],
      [["<!-- example: fials -->", `${FENCE}sh`, FENCE], /line 3: there is no "example: fials"/],
      [["<!-- example: fails -->", "text"], /line 2: a block must follow/],
      [[`${FENCE}sh`, "true"], /line 1: the block does not end/],
    ] as const
  ) assert.throws(() => rolesOf(...lines), says);
});
