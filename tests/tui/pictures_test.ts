import assert from "node:assert/strict";
import { PICTURES, takePictures } from "./pictures.ts";

Deno.test("the pictures in docs show the dashboard as it is (else: deno task pictures)", async () => {
  const pictures = await takePictures();
  assert.equal(pictures.size, 6);
  for (const [name, svg] of pictures) {
    const kept = await Deno.readTextFile(new URL(`${name}.svg`, PICTURES));
    assert.ok(kept === svg, `docs/pictures/${name}.svg is of another dashboard`);
  }
});
