import { CommanderError } from "@commander-js/extra-typings";
import { UsageError } from "./errors.ts";

/** How the program ends; besides, 128 and the signal's number if a signal ended it (130 = ctrl-c). */
export const EXIT = {
  ok: 0,
  /** What was asked for did not work, or `doctor` found something broken. */
  failure: 1,
  /** The command line, a variable or the configuration file is wrong. */
  usage: 2,
} as const;

/** The exit code of a command that threw, and what to tell about it; null = nothing more. */
export function endingOf(error: unknown): { readonly code: number; readonly text: string | null } {
  if (error instanceof CommanderError) {
    // Commander has written help, version or problem already.
    return { code: error.exitCode === 0 ? EXIT.ok : EXIT.usage, text: null };
  }
  // Whoever reads has enough: `collider tail | head`.
  if (error instanceof Deno.errors.BrokenPipe) return { code: EXIT.ok, text: null };
  const code = error instanceof UsageError ? EXIT.usage : EXIT.failure;
  if (!(error instanceof Error)) return { code, text: `error: ${error}` };
  const { message, hint, stack } = error as Error & { hint?: string };
  const text = hint === undefined
    ? `error: ${stack ?? message}`
    : `error: ${message}\n       ${hint}`;
  return { code, text: withoutRuntimeFlags(text) };
}

/** Deno keeps programs out of special files, and names a flag of its own that would let them in. */
function withoutRuntimeFlags(text: string): string {
  return text.replaceAll(
    /Requires all access to "([^"]*)", run again with the --allow-all flag/g,
    "nothing in /dev, /proc and /sys can be used ($1)",
  );
}
