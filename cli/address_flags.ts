import { Option } from "@commander-js/extra-typings";
import { httpUrl, integer } from "./values.ts";

/** What says where a gateway is. */
export interface AddressFlags {
  readonly url?: string | undefined;
  readonly host: string;
  readonly port: number;
}

/** `--host`, on which the gateway listens. */
export function hostOption() {
  return new Option("--host <address>", "address to listen on").default("127.0.0.1");
}

/** `--port`, on which the gateway listens. */
export function portOption() {
  return new Option("--port <number>", "port to listen on").default(9382)
    .argParser(integer(0, 65_535));
}

/** `--token`, which the gateway asks for and its clients send. */
export function tokenOption(description: string) {
  return new Option("--token <token>", description);
}

/** `--url`, where a client finds the gateway. */
export function urlOption() {
  return new Option("--url <url>", "the gateway (default: the one that --host and --port tell)")
    .argParser(httpUrl);
}

/**
 * Where a client finds the gateway: at `--url`, else where the same configuration lets `serve`
 * listen.
 */
export function gatewayUrl({ url, host, port }: AddressFlags): string {
  if (url !== undefined) return url;
  // Who listens on all addresses is reached on this one.
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
