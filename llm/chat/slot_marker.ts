/** Begins what the model says for the gateway, after what it says to the person. */
export const SLOT_MARKER = "```slots";

/**
 * Of HTML, and of Markdown's images: a page that shows one asks its server for it, with whatever an
 * event's text has made the model write into the address.
 */
const MARKUP_START = /<(?=[a-z/!?])|!(?=\[)/gi;

/**
 * Takes what a person is to see out of an answer while it comes: everything before the marker,
 * without HTML and images. What may be the beginning of either is held back.
 */
export class VisibleText {
  #pending = "";
  #isHidden = false;

  /** @returns what can be shown now */
  push(piece: string): string {
    if (this.#isHidden) return "";
    this.#pending += piece;
    const marker = this.#pending.indexOf(SLOT_MARKER);
    if (marker !== -1) {
      this.#isHidden = true;
      return harmless(this.#pending.slice(0, marker));
    }
    const held = heldBack(this.#pending);
    const shown = this.#pending.slice(0, this.#pending.length - held);
    this.#pending = this.#pending.slice(shown.length);
    return harmless(shown);
  }

  /** @returns what was held back and is no beginning of anything */
  end(): string {
    const rest = this.#isHidden ? "" : harmless(this.#pending);
    this.#pending = "";
    return rest;
  }
}

/** The part of a whole answer that a person is to see. */
export function visibleText(answer: string): string {
  const [visible] = answer.split(SLOT_MARKER, 1);
  return harmless(visible!).trim();
}

/** Characters at the end that may be the beginning of the marker, of HTML or of an image. */
function heldBack(text: string): number {
  for (let length = Math.min(SLOT_MARKER.length - 1, text.length); length > 0; length--) {
    if (SLOT_MARKER.startsWith(text.slice(-length))) return length;
  }
  return /<?!$|<$/.exec(text)?.[0].length ?? 0;
}

/** Markdown shows an escaped character as it is. */
function harmless(text: string): string {
  return text.replace(MARKUP_START, "\\$&");
}
