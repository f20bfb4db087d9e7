import assert from "node:assert/strict";
import { join } from "node:path";
import { ensureLibrary } from "./build.ts";
import {
  RingError,
  RingFormatError,
  RingLockedError,
  RingPathError,
  RingSpaceError,
} from "./errors.ts";
import { RingMapping } from "./seqlock.ts";

const FRAMES_OFFSET = 1_052_672;
const FRAME_BYTES = 4_224;
const CAPACITY = 4;
const SIZE_BYTES = FRAMES_OFFSET + CAPACITY * FRAME_BYTES;

const onWindows = Deno.build.os === "windows";
const asRoot = !onWindows && Deno.uid() === 0;

await ensureLibrary();

/** A path in a directory of its own, removed with it. */
function temporaryPath() {
  const directory = Deno.makeTempDirSync();
  return {
    directory,
    path: join(directory, "ring"),
    [Symbol.dispose]: () => Deno.removeSync(directory, { recursive: true }),
  };
}

function open(
  path: string,
  { capacity = CAPACITY, reset = false } = {},
): Promise<RingMapping> {
  return RingMapping.open({ path, capacity, reset });
}

/** The error that opening the ring gives; its message must name the path. */
async function openFailure(
  path: string,
  options?: { capacity?: number; reset?: boolean },
): Promise<RingError> {
  try {
    (await open(path, options)).close();
  } catch (error) {
    assert.ok(error instanceof RingError, String(error));
    assert.ok(error.message.includes(path), error.message);
    return error;
  }
  assert.fail(`${path} was opened`);
}

/** A valid, closed ring with a change in its header. */
async function damagedRing(
  path: string,
  change: (header: DataView) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  (await open(path)).close();
  const bytes = await Deno.readFile(path);
  change(new DataView(bytes.buffer));
  await Deno.writeFile(path, bytes);
  return bytes;
}

Deno.test("RingMapping refuses a second writer and names the flag to change", async () => {
  using file = temporaryPath();
  using _ring = await open(file.path);
  for (const reset of [false, true]) {
    const error = await openFailure(file.path, { reset });
    assert.ok(error instanceof RingLockedError);
    assert.match(error.hint, /--ring-path/);
  }
});

const DAMAGES: {
  name: string;
  change: (header: DataView) => void;
  message: RegExp;
  hint: RegExp;
}[] = [
  {
    name: "another magic",
    change: (header) => header.setBigUint64(0, 0xDEADn, true),
    message: /starts with 0xdead/,
    hint: /--ring-reset/,
  },
  {
    name: "another version",
    change: (header) => header.setUint32(8, 1, true),
    message: /version 1, this gateway 2/,
    hint: /--ring-reset/,
  },
  {
    name: "another frame size",
    change: (header) => header.setUint32(12, 4160, true),
    message: /frames of 4160 bytes, this gateway 4224/,
    hint: /--ring-reset/,
  },
  {
    name: "another capacity",
    change: (header) => header.setBigUint64(16, 9n, true),
    message: /holds 9 frames, not 4/,
    hint: /--ring-capacity 9.*--ring-reset/,
  },
  {
    name: "a tail beyond its head",
    change: (header) => header.setBigUint64(32, 1n, true),
    message: /head and tail/,
    hint: /--ring-reset/,
  },
  {
    name: "more frames between tail and head than it holds",
    change: (header) => header.setBigUint64(24, BigInt(CAPACITY + 1), true),
    message: /head and tail/,
    hint: /--ring-reset/,
  },
];

for (const { name, change, message, hint } of DAMAGES) {
  Deno.test(`RingMapping refuses a ring with ${name}, leaves it alone, and can reset it`, async () => {
    using file = temporaryPath();
    const bytes = await damagedRing(file.path, change);

    const error = await openFailure(file.path);
    assert.ok(error instanceof RingFormatError);
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    assert.deepEqual(await Deno.readFile(file.path), bytes);

    using ring = await open(file.path, { reset: true });
    assert.equal(ring.created, true);
  });
}

Deno.test("RingMapping refuses a truncated ring instead of dying of SIGBUS later", async () => {
  using file = temporaryPath();
  (await open(file.path)).close();
  await Deno.truncate(file.path, SIZE_BYTES - 1);
  const error = await openFailure(file.path);
  assert.ok(error instanceof RingFormatError);
  assert.ok(error.message.includes(`${SIZE_BYTES - 1} bytes`), error.message);
});

Deno.test("RingMapping refuses a file that is no ring and leaves it alone", async () => {
  using file = temporaryPath();
  const image = new Uint8Array(SIZE_BYTES).fill(1, 8);
  for (const content of [new TextEncoder().encode("my thesis"), new Uint8Array(100), image]) {
    await Deno.writeFile(file.path, content);
    assert.ok(await openFailure(file.path) instanceof RingFormatError);
    assert.deepEqual(await Deno.readFile(file.path), content);
  }
});

Deno.test("RingMapping starts afresh where creating the ring was interrupted", async () => {
  using file = temporaryPath();
  const empty = new Uint8Array(SIZE_BYTES);
  const otherCapacity = new Uint8Array(SIZE_BYTES + FRAME_BYTES);
  const begun = empty.slice();
  new DataView(begun.buffer).setUint32(8, 2, true);
  const almostDone = await damagedRing(file.path, (header) => header.setBigUint64(0, 0n, true));
  for (const state of [new Uint8Array(0), empty, otherCapacity, begun, almostDone]) {
    await Deno.writeFile(file.path, state);
    using ring = await open(file.path);
    assert.equal(ring.created, true);
    assert.equal((await Deno.stat(file.path)).size, SIZE_BYTES);
  }
});

Deno.test({
  name: "RingMapping refuses a symbolic link, a directory and a pipe, even to reset them",
  ignore: onWindows,
  fn: async () => {
    using file = temporaryPath();
    const target = join(file.directory, "target");
    await Deno.writeTextFile(target, "precious");
    const plant: (() => void)[] = [
      () => Deno.symlinkSync(target, file.path),
      () => Deno.symlinkSync(join(file.directory, "dangling"), file.path),
      () => Deno.mkdirSync(file.path),
      () => new Deno.Command("mkfifo", { args: [file.path] }).outputSync(),
    ];
    for (const step of plant) {
      step();
      for (const reset of [false, true]) {
        const error = await openFailure(file.path, { reset });
        assert.ok(error instanceof RingPathError);
        assert.match(error.message, /not a regular file/);
        assert.match(error.hint, /--ring-path/);
      }
      await Deno.remove(file.path);
    }
    assert.equal(await Deno.readTextFile(target), "precious");
  },
});

Deno.test({
  name: "RingMapping refuses a file that another user owns and could read",
  ignore: !asRoot,
  fn: async () => {
    using file = temporaryPath();
    (await open(file.path)).close();
    await Deno.chown(file.path, 65534, 65534);
    const error = await openFailure(file.path);
    assert.ok(error instanceof RingPathError);
    assert.match(error.message, /another user/);
  },
});

Deno.test({
  name: "RingMapping refuses a ring it may not write",
  ignore: onWindows || asRoot,
  fn: async () => {
    using file = temporaryPath();
    (await open(file.path)).close();
    await Deno.chmod(file.path, 0o400);
    const error = await openFailure(file.path);
    assert.ok(error instanceof RingPathError);
    assert.match(error.message, /no permission/);
  },
});

Deno.test("RingMapping refuses a path whose directory is missing", async () => {
  using file = temporaryPath();
  const error = await openFailure(join(file.directory, "missing", "ring"));
  assert.ok(error instanceof RingPathError);
  assert.match(error.message, /directory .* does not exist/);
});

Deno.test("RingMapping refuses a path that C would read differently", async () => {
  using file = temporaryPath();
  for (const path of ["", `${file.path}\0.txt`]) {
    await assert.rejects(() => open(path), RingPathError);
  }
});

Deno.test("RingMapping refuses a capacity that is no count of frames", async () => {
  using file = temporaryPath();
  for (const capacity of [0, -1, 1.5, NaN, 2 ** 31 + 1]) {
    await assert.rejects(() => open(file.path, { capacity }), RangeError);
  }
  assert.throws(() => Deno.statSync(file.path), Deno.errors.NotFound);
});

/** Runs `action` in a file system of 2 MiB; false where mounting one is not allowed. */
async function withSmallFileSystem(
  action: (directory: string) => Promise<void>,
): Promise<boolean> {
  const directory = await Deno.makeTempDir();
  const args = ["-t", "tmpfs", "-o", "size=2m", "tmpfs", directory];
  const mounted = (await new Deno.Command("mount", { args }).output()).success;
  try {
    if (mounted) await action(directory);
  } finally {
    if (mounted) await new Deno.Command("umount", { args: [directory] }).output();
    await Deno.remove(directory);
  }
  return mounted;
}

Deno.test({
  name: "RingMapping leaves nothing behind where there is no room, and says how much fits",
  ignore: Deno.build.os !== "linux" || !asRoot || !await withSmallFileSystem(async () => {}),
  fn: async () => {
    await withSmallFileSystem(async (directory) => {
      const path = join(directory, "ring");
      const error = await openFailure(path, { capacity: 100_000 });
      assert.ok(error instanceof RingSpaceError);
      assert.match(error.message, /403\.8 MiB \(423452672 bytes\).*2\.0 MiB \(2097152 bytes\)/);
      assert.match(error.hint, /--ring-capacity .*--ring-path/);
      assert.deepEqual(await Array.fromAsync(Deno.readDir(directory)), []);

      const fitting = Number(/at most (\d+)/.exec(error.hint)?.[1]);
      (await open(path, { capacity: fitting })).close();
    });
  },
});
