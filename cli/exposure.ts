import type { ServeFlags } from "./serve_flags.ts";

/** What only this machine can reach. */
const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** Whether only this machine can reach a gateway that listens there. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host);
}

/** Why a gateway with these flags would be at everybody's mercy, and what to do; null = it is not. */
export function exposureOf(
  { host, token, insecure }: Pick<ServeFlags, "host" | "token" | "insecure">,
): { readonly problem: string; readonly hint: string } | null {
  if (isLoopback(host) || token !== undefined || insecure === true) return null;
  return {
    problem: `everybody who reaches ${host} could read and write events`,
    hint: "Set --token (or GATEWAY_TOKEN), listen on 127.0.0.1, or insist with --insecure.",
  };
}
