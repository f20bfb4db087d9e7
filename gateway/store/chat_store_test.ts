import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ChatStore } from "./chat_store.ts";
import { Store } from "./store.ts";

Deno.test("ChatStore gives the newest turns of a session, and what was kept with the last", async () => {
  const store = await Store.open({ path: ":memory:" });
  const { chats } = store;
  assert.deepEqual(await chats.load("ana", 3), { turns: [], state: null });
  for (const n of [1, 2, 3]) {
    await chats.append("ana", [
      { role: "user", content: `question ${n}` },
      { role: "assistant", content: `answer ${n}` },
    ], `{"n":${n}}`);
    await chats.append("rui", [{ role: "user", content: "something else" }], "{}");
  }
  assert.deepEqual(await chats.load("ana", 3), {
    turns: [
      { role: "assistant", content: "answer 2" },
      { role: "user", content: "question 3" },
      { role: "assistant", content: "answer 3" },
    ],
    state: '{"n":3}',
  });
  await store.close();
});

Deno.test("ChatStore loads one session at a time: each takes memory, of which there is little", async () => {
  let running = 0;
  const runningThen: number[] = [];
  const chats = new ChatStore(async () => {
    runningThen.push(++running);
    await nextTurn();
    running--;
    if (runningThen.length === 2) throw new Error("the store failed");
    return { turns: [], state: null } as never;
  });
  const loads = await Promise.allSettled(["a", "b", "c"].map((id) => chats.load(id, 1)));
  assert.deepEqual(loads.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(runningThen, [1, 1, 1]);
});
