import { join } from "node:path";
import { eventFromJson } from "../gateway/event/event.ts";
import { UuidV7 } from "../gateway/event/uuid_v7.ts";
import { Store } from "../gateway/store/store.ts";
import { eventJson } from "./events.ts";
import { compare, type Measurement, perSecond } from "./measurement.ts";
import { RowAppender } from "./row_appender.ts";
import type { Workspace } from "./workspace.ts";

const GROUP_EVENTS = 4_096;
const GROUPS = 20;
const ROUNDS = 3;

/** Group commits against DuckDB's own row appender, both on disk. */
export async function measureStore(workspace: Workspace): Promise<Measurement[]> {
  const store = await Store.open({ path: join(workspace.directory, "store.db") });
  workspace.use({ [Symbol.asyncDispose]: () => store.close() });
  const floor = workspace.use(await RowAppender.create(join(workspace.directory, "floor.db")));
  const lines = Array.from({ length: GROUP_EVENTS * GROUPS }, (_, i) => eventJson(i));
  const ids = new UuidV7();
  const encoder = new TextEncoder();

  const appendGroups = async () => {
    const receivedUs = Date.now() * 1000;
    const events = lines.map((line) => eventFromJson(encoder.encode(line), { receivedUs }));
    for (const { id } of events) ids.next(receivedUs / 1000, id);
    const startedMs = performance.now();
    for (let first = 0; first < events.length; first += GROUP_EVENTS) {
      await store.append(events.slice(first, first + GROUP_EVENTS));
    }
    return perSecond(events.length, startedMs);
  };
  const appendRows = async () => {
    const startedMs = performance.now();
    await floor.append(lines, GROUP_EVENTS);
    return perSecond(lines.length, startedMs);
  };

  return [{
    name: "store.append",
    what: `durable events through the store, ${GROUP_EVENTS} at a time`,
    floorIs: "DuckDB's row appender, id and payload only, as many rows per commit",
    ...await compare(appendGroups, appendRows, ROUNDS),
    unit: "events/s",
    target: null,
  }];
}
