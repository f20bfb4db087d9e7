import assert from "node:assert/strict";
import { join } from "node:path";
import { ImagePathError, ImageRoot } from "./image_root.ts";

/** A folder with an image, beside a secret. */
async function folders() {
  const parent = await Deno.realPath(await Deno.makeTempDir({ prefix: "collider-images-" }));
  const root = join(parent, "images");
  await Deno.mkdir(join(root, "below"), { recursive: true });
  await Deno.writeTextFile(join(root, "below", "page.png"), "image");
  await Deno.writeTextFile(join(parent, "secret"), "secret");
  return { parent, root, [Symbol.asyncDispose]: () => Deno.remove(parent, { recursive: true }) };
}

Deno.test("ImageRoot takes files below its folder, by either kind of path", async () => {
  await using place = await folders();
  const images = new ImageRoot(place.root);
  const file = join(place.root, "below", "page.png");
  assert.equal(images.resolve("below/page.png"), file);
  assert.equal(images.resolve(file), file);
});

Deno.test("ImageRoot lets no path out of its folder, through links either", async () => {
  await using place = await folders();
  const images = new ImageRoot(place.root);
  await Deno.symlink(join(place.parent, "secret"), join(place.root, "link"));
  await Deno.symlink(place.parent, join(place.root, "folder"));
  const outside = [
    "../secret",
    "below/../../secret",
    join(place.parent, "secret"),
    "/etc/passwd",
    "link",
    "folder/secret",
    ".",
    "nowhere.png",
    "below/page.png\0",
  ];
  for (const path of outside) assert.throws(() => images.resolve(path), ImagePathError, path);
});

Deno.test("ImageRoot reads files, so large at most", async () => {
  await using place = await folders();
  const images = new ImageRoot(place.root);
  const bytes = await images.read("below/page.png", 5);
  assert.equal(new TextDecoder().decode(bytes), "image");
  await assert.rejects(images.read("below/page.png", 4), /has 5 bytes, more than 4/);
});

Deno.test({
  name: "ImageRoot takes no folder and no pipe for a file, which nobody may ever write to",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using place = await folders();
    const images = new ImageRoot(place.root);
    const pipe = join(place.root, "pipe.png");
    assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    for (const path of ["below", "pipe.png"]) {
      assert.throws(() => images.resolve(path), ImagePathError);
      await assert.rejects(images.read(path, 100), ImagePathError);
    }
  },
});

Deno.test("ImageRoot without a folder says what to do instead", () => {
  assert.throws(() => new ImageRoot(null).resolve("page.png"), { hint: /--image-root/ });
});
