import assert from "node:assert/strict";
import { join } from "node:path";
import { canMount, smallDisk } from "../tests/faults/fixtures.ts";
import { ensureLibrary } from "./build.ts";
import {
  type EmbeddedLibraries,
  extractLibraries,
  LibraryExtractionError,
} from "./extract_libraries.ts";

const LIBRARY = await ensureLibrary();
const PROCESSES = 4;
const LARGE_FILE_BYTES = 8_000_000;
const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;
const isUnix = Deno.build.os !== "windows";

/** An executable's libraries and a place for them, removed together. */
async function workspace(digest = "0123abcd") {
  const directory = await Deno.makeTempDir({ prefix: "collider-libraries-" });
  const source = join(directory, "source");
  await Deno.mkdir(join(source, "packages"), { recursive: true });
  await Deno.copyFile(LIBRARY, join(source, "small.so"));
  await Deno.writeFile(join(source, "packages", "large.so"), new Uint8Array(LARGE_FILE_BYTES));
  const files = [
    { path: "small.so", sizeBytes: (await Deno.stat(LIBRARY)).size },
    { path: "packages/large.so", sizeBytes: LARGE_FILE_BYTES },
  ];
  const libraries: EmbeddedLibraries = { source, digest, files };
  return {
    directory,
    libraries,
    place: join(directory, "place"),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

/** Extracts in a process of its own, which then waits until `end` is called. */
async function extractElsewhere(libraries: EmbeddedLibraries, places: string[]) {
  const code = `
    import { extractLibraries } from ${
    JSON.stringify(import.meta.resolve("./extract_libraries.ts"))
  };
    console.log(extractLibraries(...${JSON.stringify([libraries, places])}));
    await Deno.stdin.read(new Uint8Array(1));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", code],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await output.read();
  return {
    folder: value?.trim(),
    end: async () => {
      await child.stdin.close();
      await output.cancel();
      assert.ok((await child.status).success);
    },
  };
}

function namesIn(place: string): string[] {
  return [...Deno.readDirSync(place)].map(({ name }) => name).sort();
}

Deno.test("extractLibraries puts every file into a folder that is the user's alone", async () => {
  await using space = await workspace();
  const { libraries, place } = space;
  const folder = extractLibraries(libraries, [place]);
  assert.equal(folder, join(place, "libraries-0123abcd"));
  for (const { path } of libraries.files) {
    assert.deepEqual(
      await Deno.readFile(join(folder, path)),
      await Deno.readFile(join(libraries.source, path)),
    );
  }
  if (isUnix) {
    for (const path of [place, folder]) {
      assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o700, path);
    }
  }
  assert.deepEqual(namesIn(place), ["libraries-0123abcd", "libraries.lock"]);
});

Deno.test("extractLibraries extracts once", async () => {
  await using space = await workspace();
  const { libraries, place } = space;
  const folder = extractLibraries(libraries, [place]);
  await Deno.remove(libraries.source, { recursive: true });
  assert.equal(extractLibraries(libraries, [place]), folder);
});

Deno.test("extractLibraries replaces files that a crash left short", async () => {
  await using space = await workspace();
  const { libraries, place } = space;
  const damaged = join(extractLibraries(libraries, [place]), "packages", "large.so");
  await Deno.truncate(damaged, 1000);
  extractLibraries(libraries, [place]);
  assert.equal((await Deno.stat(damaged)).size, LARGE_FILE_BYTES);
  assert.deepEqual(namesIn(place), ["libraries-0123abcd", "libraries.lock"]);
});

Deno.test("processes that start at the same moment all find the libraries whole", async () => {
  await using space = await workspace();
  const { libraries, place } = space;
  const processes = await Promise.all(
    Array.from({ length: PROCESSES }, () => extractElsewhere(libraries, [place])),
  );
  for (const { folder, end } of processes) {
    assert.equal(folder, join(place, "libraries-0123abcd"));
    await end();
  }
  assert.deepEqual(namesIn(place), ["libraries-0123abcd", "libraries.lock"]);
});

Deno.test("another version's libraries stay while it runs, and go afterwards", async () => {
  await using space = await workspace();
  const { libraries, place } = space;
  const [older, newer] = ["aaaa", "bbbb"].map((digest) => ({ ...libraries, digest }));
  const running = await extractElsewhere(older!, [place]);
  await Deno.mkdir(join(place, "libraries-bbbb.interrupted"));
  await (await extractElsewhere(newer!, [place])).end();
  assert.ok(namesIn(place).includes("libraries-aaaa"));
  await running.end();
  await (await extractElsewhere(newer!, [place])).end();
  assert.deepEqual(namesIn(place), ["libraries-bbbb", "libraries.lock"]);
});

Deno.test("extractLibraries goes on to the next place, and says why none will do", async () => {
  await using space = await workspace();
  const { directory, libraries, place } = space;
  const file = join(directory, "file");
  await Deno.writeTextFile(file, "");
  assert.ok(extractLibraries(libraries, [join(file, "place"), file, place]).startsWith(place));
  assert.throws(() => extractLibraries(libraries, [file]), (error: unknown) => {
    assert.ok(error instanceof LibraryExtractionError);
    assert.match(error.message, /can't be put anywhere:\n {2}.*file: /);
    assert.match(error.hint, /XDG_CACHE_HOME/);
    return true;
  });
});

Deno.test({
  name: "extractLibraries goes on where a file system is read-only, full or mounted noexec",
  ignore: !await canMount(),
  fn: async () => {
    await using space = await workspace();
    const { directory, libraries, place } = space;
    const folders = ["read-only", "full", "noexec"].map((name) => join(directory, name));
    for (const folder of folders) await Deno.mkdir(folder);
    await using readOnly = await smallDisk(folders[0]!, 1, ["ro"]);
    await using full = await smallDisk(folders[1]!, 1);
    await using noExec = await smallDisk(folders[2]!, 20, ["noexec"]);
    const bad = [readOnly, full, noExec].map(({ path }) => join(path, "collider"));
    assert.throws(
      () => extractLibraries(libraries, bad),
      /read-only.*: Read-only file system.*\n.*full.*: No space left.*\n.*noexec.*: .*failed to map/,
    );
    assert.ok(extractLibraries(libraries, [...bad, place]).startsWith(place));
    for (const path of bad.slice(1)) assert.deepEqual(namesIn(path), ["libraries.lock"]);
  },
});

Deno.test({
  name: "extractLibraries takes no place and no folder to which others may write",
  ignore: !isUnix,
  fn: async () => {
    await using space = await workspace();
    const { directory, libraries, place } = space;
    const shared = join(directory, "shared");
    await Deno.mkdir(shared);
    await Deno.chmod(shared, 0o777);
    await Deno.symlink(place, join(directory, "link"));
    assert.throws(
      () => extractLibraries(libraries, [shared, join(directory, "link")]),
      /shared: others may write to it\n.*link: /,
    );

    const folder = extractLibraries(libraries, [place]);
    await Deno.chmod(folder, 0o777);
    await Deno.writeTextFile(join(folder, "planted"), "");
    assert.equal(extractLibraries(libraries, [place]), folder);
    assert.deepEqual(namesIn(folder), ["packages", "small.so"]);
  },
});

Deno.test({
  name: "extractLibraries loads nothing that another user has put there",
  ignore: !isRoot,
  fn: async () => {
    await using space = await workspace();
    const { libraries, place } = space;
    await Deno.mkdir(place, { mode: 0o700 });
    await Deno.chown(place, 65534, 65534);
    assert.throws(() => extractLibraries(libraries, [place]), /it is another user's/);

    await Deno.chown(place, 0, 0);
    const planted = join(extractLibraries(libraries, [place]), "small.so");
    await Deno.chown(planted, 65534, 65534);
    extractLibraries(libraries, [place]);
    assert.equal((await Deno.lstat(planted)).uid, 0);
  },
});
