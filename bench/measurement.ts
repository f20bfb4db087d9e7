/** What one suite found out, beside what the machine could do at best in the same run. */
export interface Measurement {
  /** Key of the JSON output, `suite.what`. */
  readonly name: string;
  /** What was measured, in words. */
  readonly what: string;
  /** What the floor is, in words. */
  readonly floorIs: string;
  /** Per second, like {@linkcode floor}: more is better. */
  readonly value: number;
  readonly floor: number;
  readonly unit: string;
  /** The ratio of value to floor to be reached; null = none was set. */
  readonly target: number | null;
  /** What else was seen, by name with its unit. */
  readonly extra?: Readonly<Record<string, number>>;
  /** What members of {@linkcode extra} are to stay below. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** Medians of what was measured in turns. */
export interface Compared {
  readonly value: number;
  readonly floor: number;
}

/**
 * Measures value and floor in turns, so that a change of the machine's clock or load hits both.
 *
 * @param value returns a rate, as `floor` does
 * @param rounds turns of each
 */
export async function compare(
  value: () => number | Promise<number>,
  floor: () => number | Promise<number>,
  rounds: number,
): Promise<Compared> {
  const values: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < rounds; round++) {
    values.push(await value());
    floors.push(await floor());
  }
  return { value: median(values), floor: median(floors) };
}

/** Ratio of value to floor. */
export function ratioOf({ value, floor }: Compared): number {
  return value / floor;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Rate of `count` things since `startedMs` of `performance.now()`, per second. */
export function perSecond(count: number, startedMs: number): number {
  return count / (performance.now() - startedMs) * 1000;
}
