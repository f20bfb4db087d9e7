import { Command, Option } from "@commander-js/extra-typings";
import { configOption } from "./data_directory.ts";
import { bearerToken, hostName, httpUrl, integer } from "./values.ts";

/** What says where a gateway is. */
export interface AddressFlags {
  readonly url?: string | undefined;
  readonly host: string;
  readonly port: number;
}

/** `--host`, on which the gateway listens. */
export function hostOption() {
  return new Option("--host <address>", "address to listen on").default("127.0.0.1")
    .argParser(hostName);
}

/** `--port`, on which the gateway listens. */
export function portOption() {
  return new Option("--port <number>", "port to listen on").default(9382)
    .argParser(integer(0, 65_535));
}

/** `--token`, which the gateway asks for and its clients send. */
export function tokenOption(description: string) {
  return new Option("--token <token>", description).argParser(bearerToken);
}

/** A command that is a client of a running gateway: it can say which, and nothing that it does. */
export function clientCommand(name: string) {
  return new Command(name)
    .optionsGroup("Gateway:")
    .addOption(
      new Option("--url <url>", "the gateway (default: where `serve` listens by these settings)")
        .argParser(httpUrl),
    )
    .addOption(tokenOption("its token"))
    .addOption(configOption())
    // Where `serve` listens.
    .addOption(hostOption().hideHelp())
    .addOption(portOption().hideHelp());
}

/**
 * Where a client finds the gateway: at `--url`, else where the same configuration lets `serve`
 * listen.
 */
export function gatewayUrl({ url, host, port }: AddressFlags): string {
  if (url !== undefined) return url;
  // Who listens on all addresses is reached on this one.
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return httpAddress(reachable, port);
}

/** The URL of a server. */
export function httpAddress(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
