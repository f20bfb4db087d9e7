/** Something that a text names. */
export interface Entity {
  readonly text: string;
  readonly label: string;
  /** 0 to 1. */
  readonly score: number;
  /** In UTF-16 code units of the text, as JavaScript counts. */
  readonly start: number;
  /** After its last code unit. */
  readonly end: number;
}

/** What was found in a text. */
export interface Extraction {
  /** In the order of the text; none overlaps another. */
  readonly entities: readonly Entity[];
  /** Whether only the text's beginning was looked at: it has more words than the model takes. */
  readonly isTruncated: boolean;
}
