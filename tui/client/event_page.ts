import { type Table, tableFromIPC } from "apache-arrow";

/** What the list of events shows of one. */
export interface EventRow {
  readonly id: string;
  readonly type: string;
  /** Arrival, Unix ms. */
  readonly receivedMs: number;
  readonly conversationId: string | null;
  readonly frameId: number | null;
  /** JSON text as it was received. */
  readonly payload: string;
}

/** Events as Arrow columns, newest first; a row becomes an object when it is looked at. */
export class EventPage {
  readonly length: number;
  /** What it takes in memory. */
  readonly bytes: number;
  readonly #table: Table;
  readonly #isOldestFirst: boolean;

  /**
   * @param stream Arrow IPC
   * @param order of the events in it
   */
  constructor(stream: Uint8Array, order: "desc" | "asc") {
    this.#table = tableFromIPC(stream);
    this.#isOldestFirst = order === "asc";
    this.length = this.#table.numRows;
    this.bytes = stream.length;
  }

  /** The event at an index, 0 being the newest. */
  row(index: number): EventRow {
    const at = this.#isOldestFirst ? this.length - 1 - index : index;
    const value = (name: string) => this.#table.getChild(name)!.get(at);
    const frameId = value("frame_id");
    return {
      id: value("id"),
      type: value("type"),
      receivedMs: Number(value("received_at")),
      conversationId: value("conversation_id"),
      frameId: frameId === null ? null : Number(frameId),
      payload: value("payload"),
    };
  }

  /** The id of the event at an index. */
  id(index: number): string {
    return this.#table.getChild("id")!.get(this.#isOldestFirst ? this.length - 1 - index : index);
  }
}
