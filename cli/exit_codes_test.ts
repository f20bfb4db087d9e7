import assert from "node:assert/strict";
import { CommanderError } from "@commander-js/extra-typings";
import { UsageError } from "./errors.ts";
import { endingOf } from "./exit_codes.ts";

Deno.test("endingOf tells a wrong command line from a failure, and shows what to do", () => {
  assert.deepEqual(endingOf(new UsageError("no such key", "Correct it.")), {
    code: 2,
    text: "error: no such key\n       Correct it.",
  });
  const failure = Object.assign(new Error("no room"), { hint: "Make room." });
  assert.deepEqual(endingOf(failure), { code: 1, text: "error: no room\n       Make room." });
});

Deno.test("endingOf repeats nothing that commander has written", () => {
  const help = new CommanderError(0, "commander.help", "(outputHelp)");
  assert.deepEqual(endingOf(help), { code: 0, text: null });
  const typo = new CommanderError(1, "commander.unknownOption", "unknown option '--prot'");
  assert.deepEqual(endingOf(typo), { code: 2, text: null });
});

Deno.test("endingOf is content when whoever reads has enough", () => {
  assert.deepEqual(endingOf(new Deno.errors.BrokenPipe()), { code: 0, text: null });
});

Deno.test("endingOf shows where an error without a hint comes from", () => {
  const { code, text } = endingOf(new TypeError("x is undefined"));
  assert.equal(code, 1);
  assert.match(text!, /^error: TypeError: x is undefined\n {4}at .*exit_codes_test\.ts/);
});

Deno.test("endingOf names no flags of the runtime", () => {
  const cause = new Deno.errors.NotCapable(
    'Requires all access to "/dev/shm/x", run again with the --allow-all flag',
  );
  const error = new UsageError(`x can't be read: ${cause.message}`, "Correct it.");
  assert.equal(
    endingOf(error).text,
    "error: x can't be read: nothing in /dev, /proc and /sys can be used (/dev/shm/x)\n" +
      "       Correct it.",
  );
});
