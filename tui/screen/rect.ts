/** A rectangle of cells; (0, 0) is the top left. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A number of cells, or a share of what the fixed lengths leave. */
export type Length = number | { readonly share: number };

/**
 * Divides `total` cells among `lengths`, in order. Where there are too few, the last ones get less,
 * down to none.
 */
export function divide(total: number, lengths: readonly Length[]): number[] {
  const fixed = lengths.reduce<number>((sum, length) => sum + fixedPart(length), 0);
  let free = Math.max(0, total - fixed);
  let shares = lengths.reduce<number>((sum, length) => sum + sharePart(length), 0);
  let left = total;
  return lengths.map((length) => {
    const share = sharePart(length);
    const wanted = share === 0 ? fixedPart(length) : Math.round(free * share / shares);
    if (share > 0) {
      free -= wanted;
      shares -= share;
    }
    const given = Math.max(0, Math.min(wanted, left));
    left -= given;
    return given;
  });
}

/** What two rectangles have in common; empty (width or height 0) if nothing. */
export function intersect(a: Rect, b: Rect): Rect {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y),
  };
}

/** Whether a cell lies in a rectangle. */
export function contains(rect: Rect, x: number, y: number): boolean {
  return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}

function fixedPart(length: Length): number {
  return typeof length === "number" ? length : 0;
}

function sharePart(length: Length): number {
  return typeof length === "number" ? 0 : length.share;
}
