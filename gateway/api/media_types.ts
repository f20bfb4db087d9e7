/** Arrow's IPC streaming format. */
export const ARROW = "application/vnd.apache.arrow.stream";

/**
 * The form that an `Accept` header asks for: the first of its types that there is, without one the
 * first that there is.
 */
export function acceptedOf<T extends string>(
  accept: string | undefined,
  types: readonly [T, ...T[]],
): T {
  for (const range of (accept ?? "").split(",")) {
    const name = range.split(";", 1)[0]!.trim().toLowerCase();
    const found = types.find((type) => type === name);
    if (found !== undefined) return found;
  }
  return types[0];
}
