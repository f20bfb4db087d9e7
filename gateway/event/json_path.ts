import { clip } from "./text.ts";

/** One step from a JSON value to a value inside it: a member's name or an element's index. */
export type PathSegment = string | number;

const PLAIN_NAME = /^[\w$@-]+$/;
const MAX_NAME_LENGTH = 80;
const MAX_PATH_LENGTH = 400;

/**
 * Writes a path the way a programmer would: `order.items[3]["unit price"]`.
 * Bounded, because the names come from outside and may be of any length.
 */
export function formatPath(segments: readonly PathSegment[]): string {
  let path = "";
  for (const segment of segments) {
    if (typeof segment === "number") path += `[${segment}]`;
    else if (!PLAIN_NAME.test(segment)) {
      path += `[${JSON.stringify(clip(segment, MAX_NAME_LENGTH))}]`;
    } else path += (path === "" ? "" : ".") + clip(segment, MAX_NAME_LENGTH);
  }
  return clip(path, MAX_PATH_LENGTH);
}
