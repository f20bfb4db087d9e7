/** A program that has taken the terminal and then ends in the way that its argument names. */
import { Terminal } from "../../tui/terminal/terminal.ts";

const endings: Readonly<Record<string, () => void>> = {
  throws() {
    throw new Error("nobody catches this");
  },
  rejects() {
    Promise.reject(new Error("nobody handles this"));
  },
  exits() {
    Deno.exit(3);
  },
};

const terminal = new Terminal();
terminal.listen(() => {});
await terminal.write("\x1b[2J\x1b[Hdrawn");
setTimeout(endings[Deno.args[0]!]!);
