import assert from "node:assert/strict";
import { serveFlags } from "./serve_flags.ts";

function parse(...args: string[]) {
  const command = serveFlags("serve").exitOverride().configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: "user" }).opts();
}

Deno.test("serve listens on this machine only, with a ring of 100,000 frames", () => {
  const { host, port, ringCapacity, maxBodyMb, token, insecure } = parse();
  assert.deepEqual({ host, port, ringCapacity, maxBodyMb, token, insecure }, {
    host: "127.0.0.1",
    port: 9382,
    ringCapacity: 100_000,
    maxBodyMb: 16,
    token: undefined,
    insecure: undefined,
  });
});

Deno.test("serve asks a language model and draws a dashboard unless told otherwise", () => {
  assert.deepEqual([parse().llm, parse().tui], [true, true]);
  assert.deepEqual([parse("--no-llm").llm, parse("--no-tui").tui], [false, false]);
});

Deno.test("serve looks for five kinds of entities, or those that are named", () => {
  assert.deepEqual(parse().nerLabels, ["person", "organization", "date", "money", "location"]);
  assert.deepEqual(parse("--ner-labels", "car, plan").nerLabels, ["car", "plan"]);
});

Deno.test("serve refuses values that can't be, and flags that it does not have", () => {
  for (
    const args of [
      ["--port", "65536"],
      ["--ring-capacity", "0"],
      ["--ner-threshold", "2"],
      ["--device", "abacus"],
      ["--log-level", "loud"],
      ["--webhook-secret", "whsec_a"],
      ["--prot", "1"],
      ["extra"],
    ]
  ) {
    assert.throws(() => parse(...args), { name: "CommanderError" }, args.join(" "));
  }
});
