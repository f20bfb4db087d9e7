import type { JsonObject } from "./strict_json.ts";

/** A `data:` URL of an image or a PDF, up to its contents (RFC 2397). */
const DATA_URL = /^data:(?:image\/[\w.+-]+|application\/pdf);base64,/i;
/** Shorter texts are names or words rather than images. */
const MIN_BASE64_LENGTH = 64;
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/** The bytes of the image that an event carries in its member `image`, in base64; null if none. */
export function eventImage(payload: JsonObject): Uint8Array<ArrayBuffer> | null {
  const { image } = payload;
  if (typeof image !== "string") return null;
  const isDataUrl = DATA_URL.test(image);
  if (!isDataUrl && image.length < MIN_BASE64_LENGTH) return null;
  const base64 = isDataUrl ? image.slice(image.indexOf(",") + 1) : image;
  if (!BASE64.test(base64)) return null;
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return null; // It only looked like it.
  }
}
