import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { PartJournal } from "./part_journal.ts";

const FILE = { sizeBytes: 95, tag: "hash", partBytes: 10 };

async function withJournal(run: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "collider-journal-" });
  try {
    await run(join(directory, "model.onnx.parts"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("PartJournal covers every byte of a file once", async () => {
  const sizes = fc.integer({ min: 1, max: 10_000 });
  await fc.assert(
    fc.asyncProperty(sizes, sizes, async (sizeBytes, partBytes) => {
      const journal = await PartJournal.open("/nowhere", { sizeBytes, tag: "", partBytes });
      let nextByte = 0;
      for (const part of journal.missing()) {
        const { firstByte, lastByte } = journal.rangeOf(part);
        assert.equal(firstByte, nextByte);
        assert.ok(lastByte >= firstByte && lastByte < firstByte + partBytes);
        nextByte = lastByte + 1;
      }
      assert.equal(nextByte, sizeBytes);
    }),
  );
});

Deno.test("PartJournal knows afterwards which parts have come", async () => {
  await withJournal(async (path) => {
    const journal = await PartJournal.open(path, FILE);
    assert.equal(journal.isNew, true);
    await Promise.all([9, 0, 4].map((part) => journal.add(part)));
    const again = await PartJournal.open(path, FILE);
    assert.equal(again.isNew, false);
    assert.deepEqual(again.missing(), [1, 2, 3, 5, 6, 7, 8]);
    assert.equal(again.doneBytes, 25);
  });
});

Deno.test("PartJournal begins anew for another file, and for one that can't be told apart", async () => {
  await withJournal(async (path) => {
    for (const other of [{ tag: "other" }, { sizeBytes: 96 }, { partBytes: 5 }, { tag: "" }]) {
      await (await PartJournal.open(path, FILE)).add(0);
      const journal = await PartJournal.open(path, { ...FILE, ...other });
      assert.equal(journal.isNew, true);
      assert.equal(journal.doneBytes, 0);
    }
    await (await PartJournal.open(path, { ...FILE, tag: "" })).add(0);
    assert.equal((await PartJournal.open(path, { ...FILE, tag: "" })).isNew, true);
  });
});

Deno.test("PartJournal begins anew if it was damaged", async () => {
  await withJournal(async (path) => {
    for (const text of ["", "{", "[]", '{"done":["x"]}']) {
      await Deno.writeTextFile(path, text);
      assert.equal((await PartJournal.open(path, FILE)).isNew, true);
    }
  });
});
