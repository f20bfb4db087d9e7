import assert from "node:assert/strict";
import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { integer, webhookSecret } from "../values.ts";
import { applySettings } from "./resolve.ts";
import { Variables } from "./variables.ts";

function command() {
  return new Command("test")
    .exitOverride()
    .addOption(new Option("--port <number>").default(1).argParser(integer(0, 9_999)))
    .addOption(new Option("--level <level>").choices(["low", "high"]))
    .addOption(new Option("--token <token>"))
    .addOption(new Option("--webhook-secret <source=secret>").argParser(webhookSecret))
    .option("--insecure")
    .option("--no-llm");
}

/** The flags that a command ends up with. */
function resolved(
  { args = [], environment = {}, dotenv = {}, file }: {
    args?: string[];
    environment?: Record<string, string>;
    dotenv?: Record<string, string>;
    file?: Record<string, unknown>;
  },
) {
  const parsed = command().parse(args, { from: "user" });
  applySettings(parsed as unknown as CommandUnknownOpts, {
    variables: new Variables(environment, { path: "/srv/.env", values: dotenv }),
    file: file === undefined ? null : { path: "/etc/collider.toml", values: file },
  });
  return parsed.opts();
}

Deno.test("a flag goes before a variable, that before .env, that before the file", () => {
  const layers = [
    { args: ["--port", "5"] },
    { environment: { COLLIDER_PORT: "4" } },
    { dotenv: { COLLIDER_PORT: "3" } },
    { file: { port: 2 } },
    {},
  ];
  for (const [i, expected] of [5, 4, 3, 2, 1].entries()) {
    assert.equal(resolved(Object.assign({}, ...layers.slice(i))).port, expected);
  }
});

Deno.test("a variable that is empty sets nothing", () => {
  assert.equal(resolved({ environment: { COLLIDER_PORT: "" }, file: { port: 2 } }).port, 2);
});

Deno.test("variables have the flag's name, or the one that other programs read", () => {
  const environment = { GATEWAY_TOKEN: "a", COLLIDER_LEVEL: "high", COLLIDER_TOKEN: "b" };
  const { token, level } = resolved({ environment });
  assert.deepEqual({ token, level }, { token: "a", level: "high" });
});

Deno.test("a switch is turned on and off by words, and by nothing else", () => {
  for (const [text, state] of [["true", true], ["1", true], ["NO", false], ["off", false]]) {
    const environment = { COLLIDER_INSECURE: String(text), COLLIDER_LLM: String(text) };
    const { insecure, llm } = resolved({ environment });
    assert.deepEqual({ insecure, llm }, { insecure: state, llm: state });
  }
  assert.equal(resolved({ file: { llm: false } }).llm, false);
  assert.throws(() => resolved({ environment: { COLLIDER_INSECURE: "maybe" } }), {
    message: "COLLIDER_INSECURE has a value that can't be used",
    hint: "It must be true or false.",
  });
  assert.throws(() => resolved({ file: { insecure: "yes" } }), {
    message: "/etc/collider.toml: insecure has a value that can't be used",
  });
});

Deno.test("several names with a value each are a table, or stand in a row", () => {
  const file = { "webhook-secret": { github: "whsec_YWFh", shop: "whsec_YmJi" } };
  const environment = { COLLIDER_WEBHOOK_SECRET: "github=whsec_YWFh; shop=whsec_YmJi;" };
  for (const sources of [{ file }, { environment }]) {
    assert.deepEqual([...resolved(sources).webhookSecret ?? []], [
      ["github", "whsec_YWFh"],
      ["shop", "whsec_YmJi"],
    ]);
  }
});

Deno.test("a wrong value is refused with its place and what it must be, and is not repeated", () => {
  for (
    const [sources, message, hint] of [
      [{ file: { port: 99_999 } }, "/etc/collider.toml: port", /whole number from 0 to 9999/],
      [{ file: { port: true } }, "/etc/collider.toml: port", /a text in quotes, or a number/],
      [{ file: { level: "medium" } }, "/etc/collider.toml: level", /low, high/],
      [{ file: { "webhook-secret": "a=b" } }, "/etc/collider.toml: webhook-secret", /a table/],
      [{ dotenv: { COLLIDER_PORT: "x" } }, "COLLIDER_PORT in /srv/.env", /whole number/],
      [{ environment: { COLLIDER_WEBHOOK_SECRET: "s3cret" } }, "COLLIDER_WEBHOOK_SECRET", /whsec/],
    ] as const
  ) {
    assert.throws(() => resolved(sources), {
      name: "SettingValueError",
      message: `${message} has a value that can't be used`,
      hint,
    });
  }
});
