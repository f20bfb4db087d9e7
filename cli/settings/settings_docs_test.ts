import assert from "node:assert/strict";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { parse } from "smol-toml";
import { createProgram } from "../program.ts";
import { resolveSetting, type Sources } from "./resolve.ts";
import { allSettings, settingsOf } from "./setting.ts";
import { CONFIGURATION_DOCUMENT, withSettings } from "./settings_docs.ts";
import { Variables } from "./variables.ts";

const EXAMPLE = join(import.meta.dirname!, "..", "..", ".env.example");

const program = createProgram();
const settings = allSettings(program);

/** Throws if a setting can't take its value. */
function resolveAll(sources: Sources): number {
  return settings.filter((setting) => resolveSetting(setting, sources) !== null).length;
}

Deno.test("docs/configuration.md has the settings that there are", async () => {
  const document = await Deno.readTextFile(CONFIGURATION_DOCUMENT);
  assert.equal(document, withSettings(document), "run `deno task docs`");
});

Deno.test("the examples of docs/configuration.md are taken", async () => {
  const document = await Deno.readTextFile(CONFIGURATION_DOCUMENT);
  const examples = [...document.matchAll(/```(toml|sh)\n([^]*?)```/g)];
  let taken = 0;
  for (const [, language, text] of examples) {
    if (language === "toml") {
      const values = parse(text!);
      const known = settings.map(({ name }) => name);
      assert.deepEqual(Object.keys(values).filter((key) => !known.includes(key)), []);
      taken += resolveAll({ variables: new Variables({}), file: { path: "example", values } });
    } else if (text!.startsWith("COLLIDER_")) {
      taken += resolveAll({ variables: new Variables(parseEnv(text!)), file: null });
    }
  }
  assert.equal(taken, 9);
});

Deno.test(".env.example has the gateway's variables, with values that are taken", async () => {
  const text = (await Deno.readTextFile(EXAMPLE)).replaceAll(/^#(?=[A-Z_]+=)/gm, "");
  const variables = parseEnv(text);
  const serve = program.commands.find((command) => command.name() === "serve")!;
  const missing = settingsOf(serve).filter(({ variable }) => !(variable in variables));
  assert.deepEqual(missing.map(({ variable }) => variable), []);
  const known = settings.map(({ variable }) => variable);
  assert.deepEqual(Object.keys(variables).filter((name) => !known.includes(name)), []);
  resolveAll({ variables: new Variables(variables), file: null });
});
