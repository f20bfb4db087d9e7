/** A key, alone or with others held down. */
export interface KeyPress {
  readonly kind: "key";
  /**
   * What was pressed: the character itself (`a`, `A`, `?`), or a name (`enter`, `pagedown`, `space`),
   * after `ctrl-`, `alt-` and `shift-` in this order.
   */
  readonly chord: string;
  /** What it would type into a text; often empty. */
  readonly text: string;
}

/** A text that was pasted: never commands, whatever it says. */
export interface Paste {
  readonly kind: "paste";
  readonly text: string;
}

/** The mouse; (0, 0) is the top left cell. */
export interface MouseInput {
  readonly kind: "mouse";
  readonly action: "click" | "wheel-up" | "wheel-down";
  readonly x: number;
  readonly y: number;
}

/** What a person does at a terminal. */
export type InputEvent = KeyPress | Paste | MouseInput;
