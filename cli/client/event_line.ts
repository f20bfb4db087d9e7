import { styleText } from "node:util";
import { z } from "zod";
import { clipTo, fitTo } from "../../tui/screen/glyphs.ts";
import { summaryOf } from "../../tui/text/event_summary.ts";
import { GatewayAnswerError } from "./errors.ts";

/** What a line shows of an event, as in the answers of `/api/events`. */
export const ShownEvent = z.object({
  type: z.string(),
  received_at: z.string(),
  conversation_id: z.string().nullable(),
  payload: z.string(),
});
export type ShownEvent = z.infer<typeof ShownEvent>;

/** How lines are drawn. */
export interface LineStyle {
  /** Cells of a line; Infinity = lines are as long as they are. */
  readonly columns: number;
  readonly hasColours: boolean;
}

const TYPE_CELLS = 22;
const CONVERSATION_CELLS = 14;
const TYPE_COLOURS = ["cyan", "green", "yellow", "magenta", "blue", "red"] as const;

/**
 * An event as one line: time (UTC), type, conversation, and what it says. Nothing in it makes a
 * terminal do anything.
 */
export function eventLine(event: ShownEvent, { columns, hasColours }: LineStyle): string {
  const time = clipTo(event.received_at.slice(11, 23), 12);
  const conversation = fitTo(event.conversation_id ?? "", CONVERSATION_CELLS);
  const type = fitTo(event.type, TYPE_CELLS);
  const textCells = columns - time.length - TYPE_CELLS - CONVERSATION_CELLS - 6;
  const text = clipTo(summaryOf(event.payload), Math.max(textCells, 1));
  if (!hasColours) return `${time}  ${type}  ${conversation}  ${text}`.trimEnd();
  const colour = TYPE_COLOURS[hashOf(event.type) % TYPE_COLOURS.length]!;
  return `${painted("gray", time)}  ${painted(colour, type)}  ` +
    `${painted("gray", conversation)}  ${text}`;
}

/**
 * Reads an event of the stream.
 *
 * @throws {GatewayAnswerError} if it is none
 */
export function parseEvent(json: string): ShownEvent {
  try {
    return ShownEvent.parse(JSON.parse(json));
  } catch (cause) {
    throw new GatewayAnswerError("what came is no event", { cause });
  }
}

function painted(colour: Parameters<typeof styleText>[0], text: string): string {
  return styleText(colour, text, { validateStream: false });
}

/** The same type has the same colour, today and tomorrow. */
function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) >>> 0;
  return hash;
}
