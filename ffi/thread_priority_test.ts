import assert from "node:assert/strict";
import { ensureLibrary } from "./build.ts";

await ensureLibrary();

Deno.test({
  name: "lowerThreadPriority lowers the thread that calls it, and no other",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const script = `
      import { lowerThreadPriority } from ${
      JSON.stringify(import.meta.resolve("./thread_priority.ts"))
    };
      const niceOf = () => {
        const stat = Deno.readTextFileSync("/proc/thread-self/stat");
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
      };
      const before = niceOf();
      lowerThreadPriority();
      postMessage([before, niceOf()]);`;
    const worker = new Worker(`data:text/javascript,${encodeURIComponent(script)}`, {
      type: "module",
    });
    const [before, after] = await new Promise<[number, number]>((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
    });
    worker.terminate();
    assert.equal(after, 19);
    const own = await Deno.readTextFile("/proc/self/stat");
    const nice = Number(own.slice(own.lastIndexOf(")") + 2).split(" ")[16]);
    assert.equal(nice, before);
  },
});
