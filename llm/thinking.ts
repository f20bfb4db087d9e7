/** An answer, taken apart. */
export interface ThinkingAnswer {
  /** What is meant for the reader. */
  readonly text: string;
  /** What the model thought, block after block, with an empty line between them. */
  readonly reasoning: string;
  /** Whether it began in the middle of reasoning that the server's template had opened. */
  readonly startedThinking: boolean;
}

/** What an answer is known to begin with, when no marker says so. */
export type Opening = "text" | "reasoning" | "unknown";

type Role = "open" | "close" | "end";

/**
 * `<think>`: Qwen3, DeepSeek-R1 and most others; `[THINK]`: Mistral's Magistral; `<|…|>`: gpt-oss'
 * harmony format, where a server passes it on. "end" closes every open block, and is no text.
 */
const MARKERS: ReadonlyMap<string, Role> = new Map([
  ["<think>", "open"],
  ["<thinking>", "open"],
  ["[think]", "open"],
  ["<|channel|>analysis<|message|>", "open"],
  ["</think>", "close"],
  ["</thinking>", "close"],
  ["[/think]", "close"],
  ["<|channel|>final<|message|>", "end"],
  ["<|start|>assistant", "end"],
  ["<|end|>", "end"],
  ["<|return|>", "end"],
]);

const MARKER = new RegExp(
  [...MARKERS.keys()].map((marker) => RegExp.escape(marker)).join("|"),
  "gi",
);
const MARKER_LENGTH_MAX = Math.max(...[...MARKERS.keys()].map((marker) => marker.length));

/**
 * Takes the reasoning out of an answer while it is streamed: blocks anywhere, several, nested, cut
 * in two by chunks, or never closed. Takes time proportional to the answer's length, never throws,
 * and finds the same however the answer is cut into chunks.
 *
 * Templates of Qwen3 and DeepSeek-R1 open the block themselves, so that the answer shows only its
 * end: a close as the first marker makes everything before it reasoning. When it comes, that may
 * have been given out as text already; an {@linkcode Opening} other than "text" avoids it by holding
 * the text back until the first marker, or the end.
 */
export class ThinkingParser {
  readonly #opening: Opening;
  /** What may be the beginning of a marker. */
  #pending = "";
  #isOpening = true;
  #startedThinking = false;
  #depth = 0;
  #held = "";
  #text = "";
  #block = "";
  /** Where an inner block of the current one was closed last; -1 = nowhere. */
  #innerEnd = -1;
  readonly #blocks: string[] = [];

  constructor(opening: Opening) {
    this.#opening = opening;
  }

  /** @returns what is text, as far as is known by now */
  push(chunk: string): string {
    const input = this.#pending + chunk;
    let text = "";
    let at = 0;
    for (const match of input.matchAll(MARKER)) {
      text += this.#add(input.slice(at, match.index));
      text += this.#mark(MARKERS.get(match[0].toLowerCase())!);
      at = match.index + match[0].length;
    }
    const pendingAt = beginningOfMarker(input, at);
    this.#pending = input.slice(pendingAt);
    return text + this.#add(input.slice(at, pendingAt));
  }

  /**
   * To be called once, after the last chunk.
   *
   * @param isWhole whether the answer was not cut off
   */
  end(isWhole: boolean): ThinkingAnswer {
    this.#add(this.#pending);
    if (this.#depth > 0) {
      // A block that speaks of its own marker is closed only once: what follows is the answer.
      const end = isWhole && this.#innerEnd >= 0 ? this.#innerEnd : this.#block.length;
      const rest = this.#block.slice(end);
      this.#block = this.#block.slice(0, end);
      this.#closeBlock();
      this.#emit(rest);
    } else if (this.#isOpening && this.#opening === "reasoning" && !isWhole) {
      this.#becomeReasoning();
    }
    this.#release();
    return {
      text: this.#text.trimEnd(),
      reasoning: this.#blocks.join("\n\n"),
      startedThinking: this.#startedThinking,
    };
  }

  #add(piece: string): string {
    if (this.#depth > 0) {
      this.#block += piece;
      return "";
    }
    if (this.#isOpening && this.#opening !== "text") {
      this.#held += piece;
      return "";
    }
    return this.#emit(piece);
  }

  #mark(role: Role): string {
    const isFirst = this.#isOpening;
    this.#isOpening = false;
    if (role === "close" && isFirst) {
      this.#becomeReasoning();
      return "";
    }
    if (role === "open") this.#depth++;
    else if (this.#depth > 1 && role === "close") {
      this.#depth--;
      this.#innerEnd = this.#block.length;
    } else if (this.#depth > 0) this.#closeBlock();
    return this.#release();
  }

  /** Everything so far. */
  #becomeReasoning(): void {
    this.#startedThinking = true;
    this.#block = this.#text + this.#held;
    this.#text = "";
    this.#held = "";
    this.#closeBlock();
  }

  #closeBlock(): void {
    const block = this.#block.trim();
    if (block !== "") this.#blocks.push(block);
    this.#block = "";
    this.#depth = 0;
    this.#innerEnd = -1;
  }

  #release(): string {
    const held = this.#held;
    this.#held = "";
    return this.#emit(held);
  }

  #emit(piece: string): string {
    const text = this.#text === "" ? piece.trimStart() : piece;
    this.#text += text;
    return text;
  }
}

/** Where a marker may begin that the next chunk completes; the input's length if nowhere. */
function beginningOfMarker(input: string, from: number): number {
  const lower = input.slice(Math.max(from, input.length - MARKER_LENGTH_MAX + 1)).toLowerCase();
  for (let i = 0; i < lower.length; i++) {
    const tail = lower.slice(i);
    for (const marker of MARKERS.keys()) {
      if (marker.startsWith(tail)) return input.length - tail.length;
    }
  }
  return input.length;
}
