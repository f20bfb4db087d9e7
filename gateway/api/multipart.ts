import { InvalidEventError } from "../event/errors.ts";
import { BrokenBodyError } from "./errors.ts";

/** Members that the parts of a form fill themselves. */
const FILE_MEMBERS = new Set(["image", "file"]);

/** Whether a body is a form with files. */
export function isMultipart(mediaType: string): boolean {
  return mediaType === "multipart/form-data";
}

/**
 * The event that a form describes, as JSON: the part `event`, if there is one, is a JSON object; each
 * other text is a member, and the file `image` (or `file`) becomes the member `image` in base64.
 *
 * @throws {BrokenBodyError} if the body is no form
 * @throws {InvalidEventError} if `event` is no JSON object
 */
export async function eventFromForm(
  body: Uint8Array,
  contentType: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const form = await formOf(body, contentType);
  const members: Record<string, unknown> = {};
  for (const [name, value] of form) {
    if (typeof value === "string") {
      if (name === "event") Object.assign(members, eventPart(value));
      else members[name] = value;
    } else if (FILE_MEMBERS.has(name)) {
      members["image"] = (await value.bytes()).toBase64();
    } else {
      throw new InvalidEventError(name, "can't be a file", "Send one file, as the part `image`.");
    }
  }
  return new TextEncoder().encode(JSON.stringify(members));
}

/**
 * The file of a form: its part `image` or `file`.
 *
 * @throws {BrokenBodyError} if the body is no form
 * @throws {InvalidEventError} if it has no file
 */
export async function fileFromForm(
  body: Uint8Array,
  contentType: string,
): Promise<Uint8Array<ArrayBuffer>> {
  for (const [name, value] of await formOf(body, contentType)) {
    if (FILE_MEMBERS.has(name) && typeof value !== "string") return await value.bytes();
  }
  throw new InvalidEventError("image", "is missing", "Send the document as the part `image`.");
}

async function formOf(body: Uint8Array, contentType: string): Promise<FormData> {
  try {
    const headers = { "Content-Type": contentType };
    return await new Response(body as Uint8Array<ArrayBuffer>, { headers }).formData();
  } catch (cause) {
    throw new BrokenBodyError("the body is no multipart form", { cause });
  }
}

function eventPart(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new InvalidEventError(
    "event",
    "must be a JSON object",
    'Send one such as {"type":"Scan"}.',
  );
}
