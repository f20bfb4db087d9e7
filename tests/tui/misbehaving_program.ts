/** A program that has taken the terminal and then ends in the way that its argument names. */
import { Terminal } from "../../tui/terminal/terminal.ts";

const endings: Readonly<Record<string, () => void | Promise<void>>> = {
  throws() {
    throw new Error("nobody catches this");
  },
  rejects() {
    Promise.reject(new Error("nobody handles this"));
  },
  exits() {
    Deno.exit(3);
  },
  async "leaves while it draws"() {
    await occupyThreads();
    terminal.write("\x1b[?25lnot drawn yet");
    await terminal[Symbol.asyncDispose]();
    Deno.exit(0);
  },
};

/** Gives all threads that could write something else to do, for some hundred milliseconds. */
async function occupyThreads(): Promise<void> {
  const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, [
    "deriveBits",
  ]);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8), iterations: 1e5 };
  for (let i = 0; i < 64; i++) crypto.subtle.deriveBits(algorithm, key, 256);
}

const terminal = new Terminal();
terminal.listen(() => {});
await terminal.write("\x1b[2J\x1b[Hdrawn");
setTimeout(endings[Deno.args[0]!]!);
