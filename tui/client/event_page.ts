import { type Table, tableFromIPC, type Utf8, type Vector } from "apache-arrow";

/** What the list of events shows of one. */
export interface EventRow {
  readonly id: string;
  readonly type: string;
  /** Arrival, Unix ms. */
  readonly receivedMs: number;
  readonly conversationId: string | null;
  readonly frameId: number | null;
  /** The first {@linkcode MAX_START_BYTES} of the JSON text. */
  readonly payloadStart: string;
}

/** A payload may have an image of megabytes in it, and rows are read whenever they are drawn. */
const MAX_START_BYTES = 8 << 10;

const decoder = new TextDecoder();

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
    const value = (name: string) => this.#value(name, index);
    const frameId = value("frame_id");
    return {
      id: value("id"),
      type: value("type"),
      receivedMs: Number(value("received_at")),
      conversationId: value("conversation_id"),
      frameId: frameId === null ? null : Number(frameId),
      payloadStart: startOf(this.#table.getChild("payload")!, this.#at(index)),
    };
  }

  /** The id of the event at an index. */
  id(index: number): string {
    return this.#value("id", index);
  }

  /** The JSON text of the event at an index, as it was received. */
  payload(index: number): string {
    return this.#value("payload", index);
  }

  #value(column: string, index: number) {
    return this.#table.getChild(column)!.get(this.#at(index));
  }

  #at(index: number): number {
    return this.#isOldestFirst ? this.length - 1 - index : index;
  }
}

function startOf(column: Vector<Utf8>, at: number): string {
  for (const { length, valueOffsets, values } of column.data) {
    if (at < length) {
      const [start, end] = [valueOffsets[at]!, valueOffsets[at + 1]!];
      return decoder.decode(values.subarray(start, Math.min(end, start + MAX_START_BYTES)));
    }
    at -= length;
  }
  return "";
}
