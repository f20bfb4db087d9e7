import { plural } from "../../tui/text/format.ts";
import { lineStyle, note, print } from "../terminal.ts";
import { eventLine, parseEvent } from "./event_line.ts";
import { followEvents, type StreamFilter } from "./event_stream.ts";
import { GatewayClient, type GatewayClientOptions } from "./gateway_client.ts";
import { safeJson } from "./safe_text.ts";

/** What is shown, and how. */
export interface TailOptions {
  readonly filter: StreamFilter;
  /** The gateway's JSON instead of a line for people. */
  readonly asJson: boolean;
}

/**
 * Prints events as they are published, a line each, for ever.
 *
 * @throws what {@linkcode followEvents} throws
 */
export async function showTail(
  gateway: GatewayClientOptions,
  { filter, asJson }: TailOptions,
): Promise<void> {
  const messages = followEvents(new GatewayClient(gateway), {
    filter,
    onLost: (problem, waitMs) => note(`${problem}; trying again in ${waitMs / 1000} s`),
    onBack: () => note("connected again"),
  });
  for await (const message of messages) {
    if (message.kind === "dropped") note(`${plural(message.count, "event")} left out: too many`);
    else if (asJson) print(safeJson(message.json));
    // Of each line anew: the window may have been made wider.
    else print(eventLine(parseEvent(message.json), lineStyle()));
  }
}
