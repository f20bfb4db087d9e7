import assert from "node:assert/strict";
import { createProgram } from "../program.ts";
import { allSettings } from "../settings/setting.ts";
import { Variables } from "../settings/variables.ts";
import { checkConfiguration } from "./configuration_check.ts";

Deno.test("checkConfiguration finds variables that nothing reads", () => {
  const findings = checkConfiguration(allSettings(createProgram()), {
    variables: new Variables({
      COLLIDER_PORT: "1",
      COLLIDER_CONFIG: "/c.toml",
      COLLIDER_RING_CAPCITY: "9",
      PATH: "/bin",
    }),
    file: { path: "/c.toml", values: {} },
  });
  assert.deepEqual(findings.map(({ status, message, hint }) => [status, message, hint]), [
    ["ok", "/c.toml", null],
    [
      "warning",
      "the variable COLLIDER_RING_CAPCITY is no setting",
      "did you mean COLLIDER_RING_CAPACITY?",
    ],
  ]);
});
