/** What one stage learned of an event, or why it failed; of several events if that is the same. */
export interface Enrichment {
  /** UUIDs of the events, 16 bytes each. */
  readonly eventIds: readonly Uint8Array[];
  /** When the stage ended, Unix µs. */
  readonly doneUs: number;
  /** The stage's name; {@linkcode PUBLISH_STAGE} is the last one of each event. */
  readonly stage: string;
  /** The first event's frame, with the ring it is in; the others' follow. Only of the publish stage. */
  readonly frameId: number | null;
  readonly ringGeneration: bigint | null;
  /** The stage's result as JSON text. */
  readonly result: string | null;
  /** Why the stage failed, in words. */
  readonly error: string | null;
}

/** The stage whose row says that an event needs no more work: its frame is in the ring. */
export const PUBLISH_STAGE = "publish";

/** The stage that names events which came without a type. */
export const TYPE_STAGE = "type";

/**
 * Stands between payloads that DuckDB takes or gives as one text: it never occurs in JSON text, where
 * control characters must be escaped.
 */
export const RECORD_SEPARATOR = 0x1e;
