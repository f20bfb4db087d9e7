import { z } from "zod";
import { lineStyle, note, print } from "../terminal.ts";
import { GatewayAnswerError } from "./errors.ts";
import { eventLine, ShownEvent } from "./event_line.ts";
import { GatewayClient, type GatewayClientOptions } from "./gateway_client.ts";
import { safeJson } from "./safe_text.ts";

/** What is searched for, and how it is shown. */
export interface SearchOptions {
  /** The body of `POST /api/search`; what is undefined is left out. */
  readonly query: Readonly<Record<string, unknown>>;
  /** The gateway's JSON instead of a line for people. */
  readonly asJson: boolean;
}

const Answer = z.object({
  results: z.array(z.looseObject({ score: z.number(), event: ShownEvent.loose() })),
});
type Result = z.infer<typeof Answer>["results"][number];

const SCORE_CELLS = 6;

/**
 * Prints the events that a search finds, best first, a line each.
 *
 * @throws {GatewayAnswerError} if what comes is no result
 * @throws what {@linkcode GatewayClient.requestJson} throws
 */
export async function showSearch(
  gateway: GatewayClientOptions,
  { query, asJson }: SearchOptions,
): Promise<void> {
  const answer = await new GatewayClient(gateway).requestJson("/api/search", query);
  const { success, data, error } = Answer.safeParse(answer);
  if (!success) {
    throw new GatewayAnswerError("what came is no result of a search", { cause: error });
  }
  for (const result of data.results) {
    print(asJson ? safeJson(JSON.stringify(result)) : resultLine(result));
  }
  if (data.results.length === 0) note("nothing was found");
}

function resultLine({ score, event }: Result): string {
  const { columns, hasColours } = lineStyle();
  const line = eventLine(event, { columns: columns - SCORE_CELLS - 2, hasColours });
  return `${score.toFixed(4).padStart(SCORE_CELLS)}  ${line}`;
}
