import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { eventFromJson, type GatewayEvent } from "../event/event.ts";
import { formatUuid, UuidV7 } from "../event/uuid_v7.ts";
import { Database } from "./database.ts";
import { EnrichmentLog } from "./enrichment_log.ts";
import { GroupCommit } from "./group_commit.ts";
import { type Enrichment, PUBLISH_STAGE } from "./rows.ts";

const ids = new UuidV7();

/** An event of a test, with an id above those of all before it. */
export function newEvent(
  payload: Readonly<Record<string, unknown>> = { type: "Message" },
  receivedUs = 1_700_000_000_123_456,
): GatewayEvent {
  const event = eventFromJson(new TextEncoder().encode(JSON.stringify(payload)), { receivedUs });
  ids.next(receivedUs / 1000, event.id);
  return event;
}

/** The row that says that the event's frame is in the ring. */
export function published(event: GatewayEvent, frameId: number): Enrichment {
  return {
    eventIds: [event.id],
    doneUs: event.receivedUs + 1,
    stage: PUBLISH_STAGE,
    frameId,
    ringGeneration: 2n ** 63n + 1n,
    result: null,
    error: null,
  };
}

/** The path of a database that does not exist yet, in a directory that is removed at the end. */
export async function temporaryDatabasePath(): Promise<
  AsyncDisposable & { readonly path: string }
> {
  const directory = await Deno.makeTempDir({ prefix: "collider-store-" });
  return {
    path: join(directory, "collider.db"),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

/** Has a database's file be a folder, which can't be opened, until this is disposed of. */
export async function takeAway(path: string): Promise<AsyncDisposable> {
  const away = `${path}.away`;
  await Deno.rename(path, away);
  await Deno.mkdir(path);
  return {
    [Symbol.asyncDispose]: async () => {
      await Deno.remove(path);
      await Deno.rename(away, path);
    },
  };
}

/** A connection to a database in memory that holds these rows. */
export async function withRows(
  events: readonly GatewayEvent[],
  enrichments: readonly Enrichment[],
  test: (connection: DuckDBConnection) => Promise<void>,
): Promise<void> {
  const database = await Database.open({ path: ":memory:" });
  const commits = new GroupCommit(database);
  const log = new EnrichmentLog(database);
  try {
    await commits.append(events);
    await commits.close();
    log.append(enrichments);
    await log.close();
    await test(await database.connect());
  } finally {
    await database.close();
  }
}

/** The ids of events in text form. */
export function idsOf(events: readonly GatewayEvent[]): string[] {
  return events.map(({ id }) => formatUuid(id));
}
