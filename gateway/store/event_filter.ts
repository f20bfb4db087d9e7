import type { DuckDBValue } from "@duckdb/node-api";
import { NAMED } from "./stored_event.ts";

/** Which events to list. All conditions must hold. */
export interface EventFilter {
  /** Rows at most. */
  readonly limit: number;
  readonly type?: string | undefined;
  readonly conversationId?: string | undefined;
  /** Earliest arrival, inclusive, Unix µs. */
  readonly sinceUs?: number | undefined;
  /** Latest arrival, exclusive, Unix µs. */
  readonly untilUs?: number | undefined;
  /** Text that the payload contains, in any case. */
  readonly contains?: string | undefined;
  /** `desc` = newest first. @default "desc" */
  readonly order?: "desc" | "asc" | undefined;
  /** Only events that come after the one with this id, in this order. */
  readonly afterId?: string | undefined;
}

/** That an event is of the type `?`. */
export const OF_TYPE =
  `(e.type = ? OR e.id IN (SELECT event_id FROM (${NAMED} GROUP BY event_id) WHERE type = ?))`;

/**
 * The conditions of a filter on the table `e`, and the values of their parameters.
 *
 * @param firstParameter number of the first one
 */
export function conditionsOf(
  filter: Omit<EventFilter, "limit">,
  firstParameter = 1,
): { conditions: string[]; values: DuckDBValue[] } {
  const conditions: string[] = ["true"];
  const values: DuckDBValue[] = [];
  const where = (condition: string, value: DuckDBValue | undefined) => {
    if (value === undefined) return;
    conditions.push(condition.replaceAll("?", `$${firstParameter + values.length}`));
    values.push(value);
  };
  where(OF_TYPE, filter.type);
  where("e.conversation_id = ?", filter.conversationId);
  where("e.received_at >= make_timestamptz(?::BIGINT)", bigintOf(filter.sinceUs));
  where("e.received_at < make_timestamptz(?::BIGINT)", bigintOf(filter.untilUs));
  where("contains(lower(e.payload), lower(?))", filter.contains);
  where(`e.id ${filter.order === "asc" ? ">" : "<"} ?::UUID`, filter.afterId);
  return { conditions, values };
}

function bigintOf(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}
