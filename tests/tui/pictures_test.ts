import assert from "node:assert/strict";
import { PICTURES, playScenes } from "./pictures.ts";

Deno.test("the pictures in docs show the dashboard as it is (else: deno task pictures)", async () => {
  const names: string[] = [];
  await playScenes(async (name, take, robot) => {
    const kept = await Deno.readTextFile(new URL(`${name}.svg`, PICTURES));
    assert.ok(await robot.until(() => take() === kept), `${name}.svg is of another dashboard`);
    names.push(name);
  });
  assert.equal(names.length, 6);
});
