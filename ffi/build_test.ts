import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { BuildError, compile, ensureLibrary } from "./build.ts";

/** Runs `action` with another C compiler in the environment. */
async function withCompiler(compiler: string, action: () => Promise<void>): Promise<void> {
  const before = Deno.env.get("CC");
  Deno.env.set("CC", compiler);
  try {
    await action();
  } finally {
    if (before === undefined) Deno.env.delete("CC");
    else Deno.env.set("CC", before);
  }
}

Deno.test("ensureLibrary compiles once, and again when the source is newer", async () => {
  const library = await ensureLibrary("bench_floor");
  const first = await Deno.stat(library);
  await withCompiler("no-such-compiler", async () => {
    assert.equal(await ensureLibrary("bench_floor"), library);
  });

  await Deno.utime(library, 0, 0);
  await ensureLibrary("bench_floor");
  const second = await Deno.stat(library);
  assert.ok(Number(second.mtime) >= Number(first.mtime));
});

Deno.test("ensureLibrary may run twice at once and leaves only the library", async () => {
  const library = await ensureLibrary("bench_floor");
  await Deno.utime(library, 0, 0);
  await Promise.all([ensureLibrary("bench_floor"), ensureLibrary("bench_floor")]);
  const left: string[] = [];
  for await (const { name } of Deno.readDir(dirname(library))) left.push(name);
  assert.deepEqual(left.filter((name) => name.includes("bench_floor")), [basename(library)]);
});

Deno.test("ensureLibrary rejects a source that does not exist", async () => {
  await assert.rejects(ensureLibrary("no_such_source"), Deno.errors.NotFound);
});

Deno.test("compile names the package to install where there is no compiler", async () => {
  await withCompiler("no-such-compiler", async () => {
    await assert.rejects(compile("seqlock", "/nowhere/out", []), (error) => {
      assert.ok(error instanceof BuildError);
      assert.match(error.message, /no-such-compiler/);
      assert.match(error.hint, /apt install gcc libc6-dev.*xcode-select --install/);
      return true;
    });
  });
});

Deno.test("compile passes on what the compiler complained about", async () => {
  await assert.rejects(compile("seqlock", "/nowhere/out", ["-shared"]), (error) => {
    assert.ok(error instanceof BuildError);
    assert.match(error.message, /nowhere/);
    return true;
  });
});
