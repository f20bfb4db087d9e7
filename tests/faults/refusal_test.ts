import assert from "node:assert/strict";
import { join } from "node:path";
import { HEADER, ringBytes } from "../../collider/layout.ts";
import { Gateway, runGateway } from "../e2e/gateway.ts";
import { canMount, post, smallDisk, temporaryDirectory } from "./fixtures.ts";
import { patch, readRing } from "./ring_file.ts";

const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;
const mayMount = await canMount();

/** Leaves the ring and the database of a gateway that ran and stopped in `directory`. */
async function leaveRing(directory: string): Promise<string> {
  await using gateway = await Gateway.start({ directory });
  await gateway.stop();
  return gateway.ringPath;
}

for (
  const { what, bytes, offset, message } of [
    {
      what: "of another version",
      offset: HEADER.version.offset,
      bytes: Uint8Array.of(3, 0, 0, 0),
      message: /has format version 3/,
    },
    {
      what: "that is no ring",
      offset: HEADER.magic.offset,
      bytes: new TextEncoder().encode("a diary!"),
      message: /is not a ring/,
    },
  ]
) {
  Deno.test(`a ring file ${what} is left as it is until --ring-reset`, async () => {
    await using directory = await temporaryDirectory();
    const ringPath = await leaveRing(directory.path);
    await patch(ringPath, offset, bytes);
    const before = await Deno.readFile(ringPath);

    const { code, stderr } = await runGateway({ directory: directory.path });
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.match(stderr, /--ring-reset/);
    assert.deepEqual(await Deno.readFile(ringPath), before);

    await using gateway = await Gateway.start({
      directory: directory.path,
      flags: ["--ring-reset"],
    });
    await gateway.stop();
    assert.equal((await readRing(ringPath)).head, 0);
  });
}

Deno.test("a ring of another capacity is kept, and the refusal names the flag that fits", async () => {
  await using directory = await temporaryDirectory();
  const ringPath = await leaveRing(directory.path);
  const before = await Deno.readFile(ringPath);

  const { code, stderr } = await runGateway({ directory: directory.path, ringCapacity: 512 });
  assert.equal(code, 1);
  assert.match(stderr, /holds 1024 frames, not 512\n.*--ring-capacity 1024.*--ring-reset/);
  assert.deepEqual(await Deno.readFile(ringPath), before);
});

Deno.test("a second gateway on the same ring is refused and the first goes on", async () => {
  await using gateway = await Gateway.start();
  const { code, stderr } = await runGateway({
    directory: gateway.directory,
    databasePath: join(gateway.directory, "other.db"),
  });
  assert.equal(code, 1);
  assert.ok(stderr.includes(gateway.ringPath), stderr);
  assert.match(stderr, /is in use.*\n.*--ring-path/);
  assert.notEqual(await post(gateway, { event_type: "Message" }), null);
  await gateway.stop();
});

Deno.test("of two gateways that are started at once, one runs and the other is refused", async () => {
  for (let round = 0; round < 3; round++) {
    await using directory = await temporaryDirectory();
    const options = { directory: directory.path };
    const starts = await Promise.allSettled([Gateway.start(options), Gateway.start(options)]);
    const running = starts.flatMap((start) => start.status === "fulfilled" ? [start.value] : []);
    const refused = starts.flatMap((start) => start.status === "rejected" ? [start.reason] : []);
    try {
      assert.deepEqual([running.length, refused.length], [1, 1], refused.join("\n"));
      assert.match(String(refused[0]), /code 1:\n[^]*(locked by another process|is in use)/);
      await running[0]!.stop();
    } finally {
      for (const gateway of running) await gateway[Symbol.asyncDispose]();
    }
  }
});

Deno.test("a second gateway on the same database is refused and the first goes on", async () => {
  await using gateway = await Gateway.start();
  const { code, stderr } = await runGateway({
    directory: gateway.directory,
    ringPath: join(gateway.directory, "other_ring"),
  });
  assert.equal(code, 1);
  assert.ok(stderr.includes(gateway.databasePath), stderr);
  assert.match(stderr, /is locked by another process\n.*--db-path/);
  assert.notEqual(await post(gateway, { event_type: "Message" }), null);
  await gateway.stop();
});

Deno.test("a file that is no database is left as it is", async () => {
  await using directory = await temporaryDirectory();
  const databasePath = join(directory.path, "notes.txt");
  const notes = "not a database\n".repeat(1_000);
  await Deno.writeTextFile(databasePath, notes);

  const { code, stderr } = await runGateway({ directory: directory.path, databasePath });
  assert.equal(code, 1);
  assert.match(stderr, /notes\.txt is not a DuckDB database.*\n.*--db-path/);
  assert.equal(await Deno.readTextFile(databasePath), notes);
});

Deno.test({
  name: "a database in a read-only folder is refused with the flag that helps",
  // Nothing is read-only to root but a read-only file system.
  ignore: isRoot ? !mayMount : Deno.build.os === "windows",
  fn: async () => {
    await using directory = await temporaryDirectory();
    await using disk = isRoot
      ? await smallDisk(directory.path, 1, ["ro"])
      : await readOnlyFolder(directory.path);
    const databasePath = join(disk.path, "gateway.db");
    const { code, stderr } = await runGateway({ directory: directory.path, databasePath });
    assert.equal(code, 1);
    assert.ok(stderr.includes(databasePath), stderr);
    assert.match(stderr, /can't be opened.*\n.*--db-path/);
  },
});

Deno.test({
  name:
    "a ring that does not fit its file system is refused with its size and a capacity that fits",
  ignore: !mayMount,
  fn: async () => {
    await using directory = await temporaryDirectory();
    await using disk = await smallDisk(directory.path, 2);
    const ringPath = join(disk.path, "ring");
    const { code, stderr } = await runGateway({ directory: directory.path, ringPath });
    assert.equal(code, 1);
    assert.ok(stderr.includes(String(ringBytes(1024))), stderr);
    await assert.rejects(Deno.stat(ringPath), Deno.errors.NotFound, "no half of a ring stays");

    const [, fitting] = /--ring-capacity \(at most (\d+)\)/.exec(stderr) ?? [];
    const ringCapacity = Number(fitting);
    await using gateway = await Gateway.start({
      directory: directory.path,
      ringPath,
      ringCapacity,
    });
    await gateway.stop();
  },
});

Deno.test("a port in use is refused, and the database and ring are free again", async () => {
  await using directory = await temporaryDirectory();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;

  const { code, stderr } = await runGateway({
    directory: directory.path,
    flags: ["--port", String(port)],
  });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use\n.*--port`));

  await using gateway = await Gateway.start({ directory: directory.path });
  await gateway.stop();
});

async function readOnlyFolder(directory: string) {
  const path = join(directory, "folder");
  await Deno.mkdir(path, { mode: 0o500 });
  return { path, [Symbol.asyncDispose]: () => Deno.chmod(path, 0o700) };
}
