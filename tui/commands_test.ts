import assert from "node:assert/strict";
import { type Command, searchCommands } from "./commands.ts";

const command = (name: string): Command => ({ keys: [], name, run: () => {} });

Deno.test("commands are found by parts of their names, the closest first", () => {
  const commands = ["next event", "filter events", "theme none", "quit"].map(command);
  const found = (search: string) => searchCommands(commands, search).map(({ name }) => name);
  assert.deepEqual(found("event"), ["next event", "filter events"]);
  assert.deepEqual(found("theNONE"), ["theme none"]);
  assert.deepEqual(found("zz"), []);
  assert.equal(found("").length, 4);
});
