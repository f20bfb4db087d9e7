import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { GatewayError } from "../event/errors.ts";

/** A webhook's address must not be contacted. */
export class TargetRefusedError extends GatewayError {
  constructor(problem: string, hint: string, options: ErrorOptions = {}) {
    super(problem, { status: 400, code: "target_refused", hint, ...options });
  }
}

/** An address that may be contacted. */
export interface Target {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Resolves a name to all of its addresses. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>;

/** What is not on the public internet (RFC 6890 and its registries). */
const NOT_PUBLIC = new BlockList();
for (
  const [network, prefix] of [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
    ["224.0.0.0", 4],
    ["240.0.0.0", 4],
  ] as const
) NOT_PUBLIC.addSubnet(network, prefix, "ipv4");
for (
  const [network, prefix] of [
    ["::", 128],
    ["::1", 128],
    ["64:ff9b::", 96],
    ["100::", 64],
    ["2001:db8::", 32],
    ["fc00::", 7],
    ["fe80::", 10],
    ["ff00::", 8],
  ] as const
) NOT_PUBLIC.addSubnet(network, prefix, "ipv6");

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * The address of a webhook, if it may be contacted: every address that its name resolves to must be
 * public. The delivery then goes to just this address, whatever the name resolves to a moment later.
 *
 * @param options.allowPrivate takes addresses of this machine and its networks, too
 * @throws {TargetRefusedError}
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export async function resolveTarget(
  url: URL,
  { allowPrivate, resolve = (hostname) => lookup(hostname, { all: true }) }: {
    readonly allowPrivate: boolean;
    readonly resolve?: Resolve;
  },
): Promise<Target> {
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new TargetRefusedError(`${url.protocol} is no protocol of webhooks`, "Use https://.");
  }
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const family = isIP(hostname);
  const addresses = family === 0
    ? await resolve(hostname).catch((cause) => {
      throw new TargetRefusedError(`${hostname} can't be resolved`, "Correct webhook_url.", {
        cause,
      });
    })
    : [{ address: hostname, family }];
  const [first] = addresses;
  if (first === undefined) {
    throw new TargetRefusedError(`${hostname} has no address`, "Correct webhook_url.");
  }
  const forbidden = addresses.find(({ address, family }) => !isPublic(address, family));
  if (forbidden !== undefined && !allowPrivate) {
    throw new TargetRefusedError(
      `${hostname} is ${forbidden.address}, which is not on the public internet`,
      "Correct webhook_url, or start the gateway with --allow-private-webhooks.",
    );
  }
  return { address: first.address, family: first.family === 6 ? 6 : 4 };
}

function isPublic(address: string, family: number): boolean {
  const [, inside] = IPV4_IN_IPV6.exec(address) ?? [];
  if (inside !== undefined) return !NOT_PUBLIC.check(inside, "ipv4");
  return !NOT_PUBLIC.check(address, family === 6 ? "ipv6" : "ipv4");
}
