import type { GatewayEvent } from "../event/event.ts";
import { restoreEvent } from "../event/event.ts";
import { type Learned, SchemaRegistry } from "../event/schema_registry.ts";
import { formatUuid, NIL_UUID, parseUuid } from "../event/uuid_v7.ts";
import type { Store } from "../store/store.ts";

/** So many events are learned from again, at most, after a crash. */
const SNAPSHOT_EVENTS = 10_000;
const REPLAY_PAGE_EVENTS = 2_000;

/**
 * The learned schemas, kept in the store: a snapshot now and then, and after a restart the events
 * that came after it once more, in their order, so that counts and ids are those of before.
 */
export class Schemas {
  readonly registry: SchemaRegistry;
  readonly #store: Store;
  #lastId: Uint8Array | null;
  #unsaved = 0;
  #saving: Promise<void> = Promise.resolve();

  private constructor(store: Store, registry: SchemaRegistry, lastId: Uint8Array | null) {
    this.#store = store;
    this.registry = registry;
    this.#lastId = lastId;
  }

  /** Reads the snapshot and learns what came after it. */
  static async load(store: Store): Promise<Schemas> {
    const { throughId, rows } = await store.loadSchemas();
    const schemas = new Schemas(
      store,
      SchemaRegistry.restore(rows),
      throughId === null ? null : parseUuid(throughId),
    );
    let afterId = throughId ?? NIL_UUID;
    while (true) {
      const page = await store.listAfter(afterId, REPLAY_PAGE_EVENTS);
      for (const stored of page) {
        let event: GatewayEvent;
        try {
          event = restoreEvent({ ...stored, id: parseUuid(stored.id)! });
        } catch {
          continue; // It can't be read back. Whoever publishes it says so.
        }
        schemas.learn(event);
      }
      if (page.length === 0) return schemas;
      afterId = page.at(-1)!.id;
    }
  }

  /** Learns from an event that is stored; to be called in the order of the ids. */
  learn(event: GatewayEvent): Learned {
    this.#lastId = event.id;
    if (++this.#unsaved === SNAPSHOT_EVENTS) {
      // After this event, because the snapshot says that it is in it.
      queueMicrotask(() => this.#saving = this.#saving.then(() => this.save()));
    }
    return this.registry.learn(event.type, event.payload, event.receivedUs);
  }

  /**
   * Learns from an event under the name that it has got after it was stored. A restart does not
   * learn it so again if no snapshot was taken in between.
   */
  learnNamed({ type, payload, receivedUs }: GatewayEvent): Learned {
    return this.registry.learn(type, payload, receivedUs);
  }

  /** Keeps what was learned. What can't be kept now is kept with the next snapshot. */
  async save(): Promise<void> {
    const rows = this.registry.takeSnapshot();
    this.#unsaved = 0;
    if (rows.length === 0 || this.#lastId === null) return;
    try {
      await this.#store.saveSchemas(formatUuid(this.#lastId), rows);
    } catch {
      this.registry.returnSnapshot(rows);
    }
  }

  /** Keeps what was learned since the last snapshot. */
  async close(): Promise<void> {
    await this.#saving;
    await this.save();
  }
}
