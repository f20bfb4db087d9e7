import assert from "node:assert/strict";
import { createProgram } from "../cli/program.ts";
import { allSettings, CONFIG_VARIABLE } from "../cli/settings/setting.ts";
import { VARIABLES } from "./permissions.ts";

Deno.test("the executable may read the variable of every setting", () => {
  const settings = allSettings(createProgram());
  assert.ok(settings.length > 20);
  const hidden = [CONFIG_VARIABLE, ...settings.map(({ variable }) => variable)].filter((variable) =>
    !VARIABLES.some((pattern) =>
      pattern.endsWith("*") ? variable.startsWith(pattern.slice(0, -1)) : variable === pattern
    )
  );
  assert.deepEqual(hidden, []);
});
