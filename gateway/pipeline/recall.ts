import { Kinetics } from "../../collider/kinetics.ts";
import type { Ring } from "../../collider/ring.ts";
import { formatUuid, parseUuid, UuidV7 } from "../event/uuid_v7.ts";
import { PUBLISH_STAGE } from "../store/rows.ts";
import type { Store } from "../store/store.ts";
import { nowUs } from "./clock.ts";
import { DEFAULT_MAX_KEYS, DEFAULT_WINDOW_MS, IdempotencyWindow } from "./idempotency.ts";

/** Arrivals from before a restart that conversations remember. */
const REMEMBERED_ARRIVALS = 20_000;
/** Newest frames among which events are looked for that a crash left unrecorded. */
const RECENT_FRAMES = 65_536;
const MAX_UNRECORDED_EVENTS = 65_536;

/** The idempotency keys of the events in the window. */
export async function recallKeys(store: Store): Promise<IdempotencyWindow> {
  const window = new IdempotencyWindow();
  const sinceMs = Math.max(0, Date.now() - DEFAULT_WINDOW_MS);
  const sinceId = new UuidV7().next(sinceMs);
  const keys = await store.listIdempotencyKeys(formatUuid(sinceId), DEFAULT_MAX_KEYS);
  for (const { key, id, type, receivedUs } of keys) {
    window.remember(key, Promise.resolve({ id, type }), receivedUs / 1000);
  }
  return window;
}

/** Tells the kinetics of the published events again, so that conversations go on after a restart. */
export async function recallKinetics(store: Store, throughId: string): Promise<Kinetics> {
  const kinetics = new Kinetics();
  const [firstUnpublished] = await store.listUnpublishedIds(throughId, 1);
  const beforeId = firstUnpublished ?? "ffffffff-ffff-ffff-ffff-ffffffffffff";
  for (const past of await store.listArrivalsBefore(beforeId, REMEMBERED_ARRIVALS)) {
    kinetics.publish(kinetics.arrive(past.conversationId, past.receivedUs), past.receivedUs);
  }
  return kinetics;
}

/**
 * Records frames that are in the ring and not in the store: a crash came between. Their events
 * would get a second frame otherwise.
 */
export async function recordUnrecordedFrames(
  store: Store,
  ring: Ring,
  throughId: string,
): Promise<void> {
  const unrecorded = await store.listUnpublishedIds(throughId, MAX_UNRECORDED_EVENTS);
  if (unrecorded.length === 0) return;
  const frames = ring.recentEvents(RECENT_FRAMES);
  const rows = unrecorded
    .map((id) => parseUuid(id)!)
    .filter((id) => frames.has(id.toHex()))
    .map((id) => ({
      eventIds: [id],
      doneUs: nowUs(),
      stage: PUBLISH_STAGE,
      frameId: frames.get(id.toHex())!,
      ringGeneration: ring.mapping.generation,
      result: null,
      error: null,
    }));
  store.appendEnrichments(rows);
  await store.flushEnrichments();
}
