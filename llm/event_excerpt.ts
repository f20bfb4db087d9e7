const MEMBERS_MAX = 40;
const ITEMS_MAX = 3;
const TEXT_UNITS_MAX = 500;
const NAME_UNITS_MAX = 64;
const DEPTH_MAX = 3;
const EXCERPT_UNITS_MAX = 8_000;

/** What could end the element that the excerpt is put into, or be a token that controls a model. */
const MARKUP = /[<>&]|\[(?=\/?[A-Z])/g;

/**
 * The beginning of an event as JSON text of at most 8,000 UTF-16 code units, to be shown to a model:
 * its first members, their first items, the first characters of its texts. Nothing in it is markup.
 */
export function eventExcerpt(event: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(shorten(event, 0))
    .replaceAll(MARKUP, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .slice(0, EXCERPT_UNITS_MAX);
}

function shorten(value: unknown, depth: number): unknown {
  if (typeof value === "string") return value.slice(0, TEXT_UNITS_MAX);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return depth < DEPTH_MAX
      ? value.slice(0, ITEMS_MAX).map((item) => shorten(item, depth + 1))
      : [];
  }
  const members = depth < DEPTH_MAX ? Object.entries(value).slice(0, MEMBERS_MAX) : [];
  return Object.fromEntries(
    members.map(([name, member]) => [name.slice(0, NAME_UNITS_MAX), shorten(member, depth + 1)]),
  );
}
