import { InvalidArgumentError } from "@commander-js/extra-typings";
import { isRfc3339 } from "../gateway/event/rfc3339.ts";

/** Reads whole numbers from `min` to `max`. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** Reads a number from 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("It must be a number from 0 to 1.");
}

/** Reads a text that says something. */
export function nonEmpty(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("It must not be empty.");
}

/** Reads a token that a header can carry. @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
export function bearerToken(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new InvalidArgumentError(
    "It must be ASCII without blanks, such as $(openssl rand -hex 32).",
  );
}

/** Reads a name or an address of a machine, IPv6 with brackets or without. */
export function hostName(text: string): string {
  const name = text.replace(/^\[(.*)\]$/, "$1");
  if (/^[^\s[\]]+$/.test(name)) return name;
  throw new InvalidArgumentError("It must be an address, such as 127.0.0.1, ::1 or 0.0.0.0.");
}

/** Reads an RFC 3339 timestamp. */
export function timestamp(text: string): string {
  if (isRfc3339(text)) return text;
  throw new InvalidArgumentError("It must look like 2026-01-31T08:30:00Z.");
}

/** Reads the address of a web server. */
export function httpUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new InvalidArgumentError("It must be an address that begins with http:// or https://.");
}

/** Reads what signs webhooks: `whsec_` and 24 to 64 bytes in base64, by Standard Webhooks. */
export function signingSecret(text: string): string {
  const [, encoded] = /^whsec_([\w+/]+={0,2})$/.exec(text) ?? [];
  const bytes = base64Bytes(encoded ?? "");
  if (bytes >= 24 && bytes <= 64) return text;
  throw new InvalidArgumentError(
    "It must be whsec_ and 24 to 64 bytes in base64, such as whsec_$(openssl rand -base64 32).",
  );
}

/** Reads `source=secret`, and adds it to what was read before. */
export function webhookSecret(
  text: string,
  former: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const [, source, secret] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (
    source === undefined || secret === undefined || base64Bytes(secret.replace(/^whsec_/, "")) === 0
  ) {
    throw new InvalidArgumentError("It must look like github=whsec_ and base64.");
  }
  return new Map(former).set(source, secret);
}

/** What a text in base64 holds; 0 if it is none. */
function base64Bytes(text: string): number {
  try {
    return Uint8Array.fromBase64(text).length;
  } catch {
    return 0;
  }
}
