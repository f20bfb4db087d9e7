import { InvalidEventError } from "../event/errors.ts";
import { isJsonObject, parseJson } from "../event/strict_json.ts";
import { BrokenBodyError } from "./errors.ts";

/** Members that the parts of a form fill themselves. */
const FILE_MEMBERS = new Set(["image", "file"]);

/** The last boundary of a form, with white space after it, is in so many bytes. */
const FORM_END_BYTES_MAX = 256;

const decoder = new TextDecoder("latin1");

/** Whether a body is a form with files. */
export function isMultipart(mediaType: string): boolean {
  return mediaType === "multipart/form-data";
}

/**
 * The event that a form describes, as JSON: the part `event`, if there is one, is a JSON object; each
 * other text is a member, and the file `image` (or `file`) becomes the member `image` in base64. A
 * part that is there twice makes a member that is.
 *
 * @throws {BrokenBodyError} if the body is no form
 * @throws {InvalidEventError} if `event` is no JSON object
 * @throws what {@linkcode parseJson} throws of `event`
 */
export async function eventFromForm(
  body: Uint8Array,
  contentType: string,
): Promise<Uint8Array<ArrayBuffer>> {
  /** JSON texts of the members. */
  const members: string[] = [];
  for (const [name, value] of await formOf(body, contentType)) {
    if (typeof value === "string") {
      members.push(name === "event" ? eventMembers(value) : memberJson(name, value));
    } else if (FILE_MEMBERS.has(name)) {
      members.push(memberJson("image", (await value.bytes()).toBase64()));
    } else {
      throw new InvalidEventError(name, "can't be a file", "Send one file, as the part `image`.");
    }
  }
  const json = members.filter((member) => member !== "").join(",");
  return new TextEncoder().encode(`{${json}}`);
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
  // Of a form that was cut off, the last part would be missing.
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  if (!decoder.decode(body.subarray(-FORM_END_BYTES_MAX)).includes(`--${quoted ?? bare}--`)) {
    throw new BrokenBodyError("the form has no end");
  }
  try {
    const headers = { "Content-Type": contentType };
    return await new Response(body as Uint8Array<ArrayBuffer>, { headers }).formData();
  } catch (cause) {
    throw new BrokenBodyError("the body is no multipart form", { cause });
  }
}

function memberJson(name: string, value: string): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

/**
 * What stands between the braces of a JSON object, as it was sent.
 *
 * @throws {InvalidEventError} if it is none
 */
function eventMembers(text: string): string {
  if (!isJsonObject(parseJson(new TextEncoder().encode(text)))) {
    throw new InvalidEventError(
      "event",
      "must be a JSON object",
      'Send one such as {"type":"Scan"}.',
    );
  }
  return text.trim().slice(1, -1).trim();
}
