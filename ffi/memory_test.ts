import assert from "node:assert/strict";
import { ensureLibrary } from "./build.ts";

await ensureLibrary();

/** Frees a block of 8 MiB and takes one of 4 MiB, in a process of its own. */
const SCRIPT = `
  import { returnMemoryEarly } from ${JSON.stringify(import.meta.resolve("./memory.ts"))};
  const { malloc, free } = Deno.dlopen("libc.so.6", {
    malloc: { parameters: ["usize"], result: "pointer" },
    free: { parameters: ["pointer"], result: "void" },
  }).symbols;
  if (Deno.args[0] === "early") returnMemoryEarly();
  free(malloc(8n << 20n));
  const address = BigInt(Deno.UnsafePointer.value(malloc(4n << 20n)));
  const heap = Deno.readTextFileSync("/proc/self/maps").match(/^(\\w+)-(\\w+) .*\\[heap\\]$/m);
  const [start, end] = heap.slice(1).map((bound) => BigInt("0x" + bound));
  console.log(address >= start && address < end ? "in the heap" : "on its own");`;

Deno.test({
  name: "returnMemoryEarly gives large blocks pages of their own, which glibc alone stops doing",
  ignore: !Deno.build.target.endsWith("linux-gnu"),
  fn: async () => {
    assert.equal(await placeOfLargeBlock("early"), "on its own");
    assert.equal(await placeOfLargeBlock("late"), "in the heap");
  },
});

async function placeOfLargeBlock(when: "early" | "late"): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", `data:text/javascript,${encodeURIComponent(SCRIPT)}`, when],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}
