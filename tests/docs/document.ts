/** What is done with a fenced block. */
export type Role =
  /** It is run; its exit code must be 0. */
  | { readonly kind: "run" }
  /** It is run; its exit code must not be 0. */
  | { readonly kind: "fails" }
  /** It is started, as in another terminal, and ends with the document. */
  | { readonly kind: "goes on" }
  /** It is what the block before has printed. */
  | { readonly kind: "prints" }
  /** It is what the newest block that goes on has printed by then, or will soon. */
  | { readonly kind: "the other terminal prints" }
  /** It is written to a file beside the examples. */
  | { readonly kind: "file"; readonly name: string }
  /** It can't be run here. */
  | { readonly kind: "not run"; readonly reason: string }
  /** It is only looked at. */
  | { readonly kind: "shown" };

/** A fenced block of a document. */
export interface Example {
  readonly language: string;
  readonly text: string;
  /** Of its first fence, from 1. */
  readonly line: number;
  readonly role: Role;
}

const RUNNABLE: ReadonlySet<string> = new Set(["sh", "python", "sql", "ts"]);
/** Other names of what is runnable, under which it would be passed over. */
const ALIASES: ReadonlySet<string> = new Set([
  ...["bash", "shell", "console", "zsh", "py", "python3", "pycon"],
  ...["typescript", "js", "javascript", "duckdb"],
]);
const FENCE = /^(`{3,})([^`]*)$/;
const DIRECTIVE = /^<!-- example: (.+) -->$/;

/**
 * The fenced blocks of a Markdown document. A comment before a block says what is done with it where
 * that is not plain: `<!-- example: fails -->`, or what else {@linkcode Role} names, as in
 * `<!-- example: not run: it needs Docker -->` and `<!-- example: file train.py -->`.
 *
 * @throws {SyntaxError} naming the line
 */
export function readExamples(markdown: string): Example[] {
  const examples: Example[] = [];
  let directive: string | null = null;
  let open: { fence: string; language: string; line: number; lines: string[] } | null = null;
  for (const [i, line] of markdown.split("\n").entries()) {
    if (open !== null) {
      if (line !== open.fence) {
        open.lines.push(line);
        continue;
      }
      const { language } = open;
      const text = `${open.lines.join("\n")}\n`;
      examples.push({ language, text, line: open.line, role: roleOf(language, directive, i + 1) });
      directive = null;
      open = null;
      continue;
    }
    const [, fence, language] = FENCE.exec(line) ?? [];
    if (fence !== undefined) open = { fence, language: language!.trim(), line: i + 1, lines: [] };
    else if (DIRECTIVE.test(line)) directive = DIRECTIVE.exec(line)![1]!;
    else if (line.trim() !== "" && directive !== null) {
      throw new SyntaxError(`line ${i + 1}: a block must follow "example: ${directive}"`);
    }
  }
  if (open !== null) throw new SyntaxError(`line ${open.line}: the block does not end`);
  return examples;
}

function roleOf(language: string, directive: string | null, line: number): Role {
  if (ALIASES.has(language)) {
    throw new SyntaxError(`line ${line}: call ${language} one of ${[...RUNNABLE].join(", ")}`);
  }
  if (directive === null) return { kind: RUNNABLE.has(language) ? "run" : "shown" };
  const [, kind, rest] = /^(file|not run:) (.+)$/.exec(directive) ?? [];
  if (kind === "file") return { kind, name: rest! };
  if (kind === "not run:") return { kind: "not run", reason: rest! };
  switch (directive) {
    case "fails":
    case "goes on":
    case "prints":
    case "the other terminal prints":
      return { kind: directive };
    default:
      throw new SyntaxError(`line ${line}: there is no "example: ${directive}"`);
  }
}
