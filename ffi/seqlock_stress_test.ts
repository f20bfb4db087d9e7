import assert from "node:assert/strict";
import { join } from "node:path";
import { compile } from "./build.ts";

// After -Werror: GCC warns that ThreadSanitizer ignores fences, but the payload is atomic anyway.
const STRESS_FLAGS = ["-g", "-pthread", "-Wno-error", "-fno-sanitize-recover=all"];

const RUNS = [
  { program: "seqlock_stress", name: "under ThreadSanitizer", flags: ["-fsanitize=thread"] },
  { program: "seqlock_stress", name: "without a sanitizer", flags: [] },
  { program: "seqlock_crash", name: "under UBSan", flags: ["-fsanitize=undefined"] },
  { program: "seqlock_crash", name: "without a sanitizer", flags: [] },
];

for (const { program, name, flags } of RUNS) {
  Deno.test({
    name: `${program} holds ${name}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const directory = await Deno.makeTempDir();
      try {
        const executable = join(directory, program);
        await compile(program, executable, [...STRESS_FLAGS, ...flags]);
        const { success, output } = await run(executable, [join(directory, "ring")]);
        assert.ok(success, output);
        assert.match(output, /^[1-9]\d* passed, 0 failed$/m);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

async function run(command: string, args: string[]): Promise<{ success: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  // ThreadSanitizer can't place its shadow memory where the kernel randomises addresses too much.
  if (output.includes("unexpected memory mapping") && command !== "setarch") {
    return await run("setarch", ["-R", command, ...args]);
  }
  return { success, output };
}
