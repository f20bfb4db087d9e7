/** Something with a position that keys, wheel and pages move. */
export interface Movable {
  /** Negative = up. */
  moveBy(rows: number): void;
  /** Negative = up. */
  pageBy(pages: number): void;
  toStart(): void;
  toEnd(): void;
}
