/** Something that a key, the palette or both can do. */
export interface Command {
  /** Chords that do it; see `KeyPress`. None = in the palette only. */
  readonly keys: readonly string[];
  /** What it does, in a few words. */
  readonly name: string;
  run(): void;
}

/** How keys are shown where their names would be long. */
const KEY_SIGNS: Readonly<Record<string, string>> = {
  up: "↑",
  down: "↓",
  left: "←",
  right: "→",
  enter: "enter",
  escape: "esc",
  pageup: "pgup",
  pagedown: "pgdn",
};

/** The keys of a command as people read them. */
export function keysText({ keys }: Command): string {
  return keys.map((chord) => KEY_SIGNS[chord] ?? chord).join(" ");
}

/** The commands whose names have the characters of a search in its order, the best ones first. */
export function searchCommands(commands: readonly Command[], search: string): readonly Command[] {
  const scored = commands.map((command) => ({ command, score: scoreOf(command.name, search) }));
  return scored
    .filter(({ score }) => score < Infinity)
    .sort((a, b) => a.score - b.score)
    .map(({ command }) => command);
}

/** Characters between those that match; Infinity if not all of them are there. */
function scoreOf(name: string, search: string): number {
  const text = name.toLowerCase();
  let at = 0;
  let score = 0;
  for (const character of search.toLowerCase().replaceAll(" ", "")) {
    const found = text.indexOf(character, at);
    if (found < 0) return Infinity;
    score += found - at;
    at = found + 1;
  }
  return score;
}
