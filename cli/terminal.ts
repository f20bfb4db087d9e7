import { StandardOutputError } from "./errors.ts";

const encoder = new TextEncoder();

/**
 * Writes a line to standard output.
 *
 * @throws {StandardOutputError} if it can't be written
 */
export function print(line: string): void {
  writeAll(Deno.stdout, `${line}\n`);
}

/** Writes a line to standard error, which is for people: standard output is for data. */
export function note(line: string): void {
  writeNote(`${line}\n`);
}

/** Writes to standard error. */
export function writeNote(text: string): void {
  writeAll(Deno.stderr, text);
}

/**
 * Writes to standard output.
 *
 * @throws {StandardOutputError} if it can't be written
 */
export function writeOut(data: string | Uint8Array): void {
  writeAll(Deno.stdout, data);
}

function writeAll(stream: typeof Deno.stdout, data: string | Uint8Array): void {
  let rest = typeof data === "string" ? encoder.encode(data) : data;
  try {
    // A pipe may take less than it is given.
    while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
  } catch (error) {
    // A pipe whose reader has enough is no fault.
    if (error instanceof Deno.errors.BrokenPipe) throw error;
    throw new StandardOutputError(error as Error);
  }
}

/** Cells of a line of standard output; Infinity if it is no terminal. */
export function terminalColumns(): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : Infinity;
}

/** How lines are drawn now: the window may be made wider at any time. */
export function lineStyle(): { readonly columns: number; readonly hasColours: boolean } {
  return {
    columns: terminalColumns(),
    hasColours: Deno.stdout.isTerminal() && !Deno.noColor,
  };
}
