import { ModelError } from "../errors.ts";

/** The labels are none that a model could look for. */
export class InvalidLabelsError extends ModelError {}

/** Labels at most: each takes room in every prompt. */
export const LABELS_MAX = 100;
/** UTF-16 code units of all labels: so many tokens at most, but for rare characters. */
const LABELS_UNITS_MAX = 1_000;

/**
 * Labels without those that come twice, in their order.
 *
 * @throws {InvalidLabelsError} if there are too many, they are too long together, or one is empty or
 *   has the marks of a prompt
 */
export function cleanLabels(labels: readonly string[]): string[] {
  const cleaned = [...new Set(labels.map((label) => label.trim()))];
  const problem = cleaned.length > LABELS_MAX
    ? `${cleaned.length} labels are more than ${LABELS_MAX}`
    : cleaned.includes("")
    ? "a label is empty"
    : cleaned.join("").length > LABELS_UNITS_MAX
    ? `the labels have more than ${LABELS_UNITS_MAX} characters`
    : cleaned.some((label) => label.includes("<<"))
    ? "a label has <<, which stands between the labels of a prompt"
    : null;
  if (problem === null) return cleaned;
  throw new InvalidLabelsError(problem, { hint: "give a few short labels, such as person, date" });
}

/** The labels leave no room for a text. */
export function noRoomBeside(tokensMax: number): InvalidLabelsError {
  return new InvalidLabelsError(`the labels take all of a prompt's ${tokensMax} tokens`, {
    hint: "look for fewer labels, or for shorter ones, without rare characters",
  });
}
