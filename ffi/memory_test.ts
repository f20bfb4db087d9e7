import assert from "node:assert/strict";
import { ensureLibrary } from "./build.ts";

await ensureLibrary();

const HEAD = `
  import { returnMemory, returnMemoryEarly } from ${
  JSON.stringify(import.meta.resolve("./memory.ts"))
};
  const { malloc, free, memset } = Deno.dlopen("libc.so.6", {
    malloc: { parameters: ["usize"], result: "pointer" },
    free: { parameters: ["pointer"], result: "void" },
    memset: { parameters: ["pointer", "i32", "usize"], result: "pointer" },
  }).symbols;`;

/** Frees a block of 8 MiB and takes one of 4 MiB. */
const LARGE_BLOCKS = `${HEAD}
  if (Deno.args[0] === "early") returnMemoryEarly();
  free(malloc(8n << 20n));
  const address = BigInt(Deno.UnsafePointer.value(malloc(4n << 20n)));
  const heap = Deno.readTextFileSync("/proc/self/maps").match(/^(\\w+)-(\\w+) .*\\[heap\\]$/m);
  const [start, end] = heap.slice(1).map((bound) => BigInt("0x" + bound));
  console.log(address >= start && address < end ? "in the heap" : "on its own");`;

/** Frees every second of 10,000 blocks of 16 KiB, which leaves holes. */
const HOLES = `${HEAD}
  const residentKib = () =>
    Number(Deno.readTextFileSync("/proc/self/status").match(/^RssAnon:\\s+(\\d+)/m)[1]);
  const blocks = Array.from({ length: 10_000 }, () => memset(malloc(16n << 10n), 1, 16n << 10n));
  for (const [i, block] of blocks.entries()) if (i % 2 === 0) free(block);
  const before = residentKib();
  await returnMemory();
  console.log(before - residentKib());`;

Deno.test({
  name: "returnMemoryEarly gives large blocks pages of their own, which glibc alone stops doing",
  ignore: !Deno.build.target.endsWith("linux-gnu"),
  fn: async () => {
    assert.equal(await outputOf(LARGE_BLOCKS, "early"), "on its own");
    assert.equal(await outputOf(LARGE_BLOCKS, "late"), "in the heap");
  },
});

Deno.test({
  name: "returnMemory gives back what is free between blocks in use",
  ignore: !Deno.build.target.endsWith("linux-gnu"),
  fn: async () => {
    const returnedKib = Number(await outputOf(HOLES));
    assert.ok(returnedKib > 40_000, `${returnedKib} of about 60,000 KiB`);
  },
});

/** What a script prints, run in a process of its own. */
async function outputOf(script: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", `data:text/javascript,${encodeURIComponent(script)}`, ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}
