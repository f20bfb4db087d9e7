import { createHash, timingSafeEqual } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { decodeUtf8 } from "../event/strict_json.ts";
import { ForbiddenHostError, ForbiddenOriginError, UnauthorizedError } from "./errors.ts";

/** Whom the gateway lets in. */
export interface GuardOptions {
  /** The bearer token; without one, everybody is let in. */
  readonly token?: string | undefined;
  /** Standard Webhooks secrets (`whsec_…`) by the name of their source. */
  readonly webhookSecrets?: ReadonlyMap<string, string>;
  /** Whether only this machine can reach the gateway. */
  readonly isLocal?: boolean;
}

/** What this machine is called without asking anybody: an address, or `localhost`. */
const LOCAL_HOST = /^(?:(?:[^:]+\.)?localhost|[\d.]+|\[[\da-f:.]+\])(?::\d+)?$/i;

/** Checks tokens and signatures. */
export class Guard {
  readonly #tokenDigest: Uint8Array | null;
  readonly #webhooks: ReadonlyMap<string, Webhook>;
  readonly #isLocal: boolean;

  /** @throws {Error} if a webhook secret is not Base64 */
  constructor(options: GuardOptions = {}) {
    this.#tokenDigest = options.token === undefined ? null : digest(options.token);
    this.#isLocal = options.isLocal === true;
    this.#webhooks = new Map(
      Array.from(options.webhookSecrets ?? [], ([source, secret]) => [source, new Webhook(secret)]),
    );
  }

  /**
   * Keeps pages of other sites out: a browser lets them send requests to any address (CSRF), or lets
   * them take it for their own if their name is made to point there (DNS rebinding). Where there is a
   * token, they don't have it.
   *
   * @throws {ForbiddenOriginError | ForbiddenHostError}
   */
  refuseOtherSites({ headers }: Request): void {
    if (this.#tokenDigest !== null) return;
    const host = headers.get("host");
    if (this.#isLocal && host !== null && !LOCAL_HOST.test(host)) {
      throw new ForbiddenHostError(host);
    }
    const origin = headers.get("origin");
    if (origin !== null && URL.parse(origin)?.host !== host) throw new ForbiddenOriginError(origin);
  }

  /**
   * @throws {UnauthorizedError} unless the request carries the token
   */
  requireToken(request: Request): void {
    if (this.#tokenDigest === null) return;
    const header = request.headers.get("authorization") ?? "";
    const [, token] = /^bearer +(\S+) *$/i.exec(header) ?? [];
    // Digests have one length, so that the comparison tells nothing about the token's.
    if (token !== undefined && timingSafeEqual(digest(token), this.#tokenDigest)) return;
    throw new UnauthorizedError(
      token === undefined ? "this gateway asks for a token" : "the token is wrong",
      "Send it as Authorization: Bearer <token>.",
    );
  }

  /**
   * Lets events in by the token, unless a secret is configured for their source (`?source=name`):
   * then their signature decides.
   *
   * @returns the source whose signature is to be verified; null if there is none
   * @throws {UnauthorizedError} unless there is one, or the token is right
   */
  sourceToVerify(request: Request): string | null {
    const source = this.#webhooks.size === 0
      ? null
      : new URL(request.url).searchParams.get("source");
    if (source !== null && this.#webhooks.has(source)) return source;
    this.requireToken(request);
    return null;
  }

  /**
   * @throws {UnauthorizedError} unless the body is signed with the secret of the source
   * @see https://www.standardwebhooks.com/
   */
  verifySignature(source: string, { headers }: Request, body: Uint8Array): void {
    try {
      const options = { jsonParse: false }; // The body may be lines.
      this.#webhooks.get(source)!.verify(decodeUtf8(body), Object.fromEntries(headers), options);
    } catch (cause) {
      throw new UnauthorizedError(
        `the webhook's signature is not valid: ${(cause as Error).message}`,
        "Sign it by Standard Webhooks with the secret that is configured for this source.",
      );
    }
  }
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
