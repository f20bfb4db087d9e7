/** Answers of the gateway, as far as the dashboard reads them. */

/** How long a stage has taken, since the start of the gateway. */
export interface StageTimes {
  readonly count: number;
  readonly sum_seconds: number;
  /** Upper bound in seconds (null = none), and how many took at most so long. */
  readonly buckets: readonly (readonly [upperBoundSeconds: number | null, count: number])[];
}

/** A reader of the ring. */
export interface RingReader {
  readonly pid: number;
  readonly name: string;
  readonly next_frame_id: number;
  readonly lag_frames: number;
}

/** `GET /metrics` */
export interface Metrics {
  readonly uptime_seconds: number;
  readonly events_ingested: number;
  /** Rows in the store. */
  readonly events_stored: number;
  readonly schemas_learned: number;
  readonly exports_attempted: number;
  readonly exports_failed: number;
  readonly pending_exports: number;
  readonly webhook_configured: boolean;
  readonly subscribers: number;
  readonly subscribers_dropped: number;
  readonly stages: Readonly<Record<string, StageTimes>>;
  readonly queues: {
    readonly store_queued_events: number;
    readonly pending_events: number;
    /** More wait in the store than fit into memory. */
    readonly pending_in_store: boolean;
  };
  readonly ring: {
    readonly head: number;
    readonly tail: number;
    readonly capacity_frames: number;
    /** Missing where the gateway can't see who reads. */
    readonly readers?: readonly RingReader[];
  };
  readonly memory: {
    readonly rss_bytes: number;
    readonly heap_used_bytes: number;
    readonly ring_bytes: number;
  };
  readonly embedder: { readonly names: readonly string[]; readonly device: string | null };
}

/** What one stage has learned of an event. */
export interface Stage {
  readonly stage: string;
  readonly done_at: string;
  readonly frame_id: number | null;
  readonly result: unknown;
  readonly error: string | null;
}

/** `GET /api/events/{id}` */
export interface EventDetails {
  readonly id: string;
  readonly type: string;
  readonly received_at: string;
  readonly conversation_id: string | null;
  readonly frame_id: number | null;
  /** JSON text as it was received. */
  readonly payload: string;
  readonly attributes: unknown;
  readonly stages: readonly Stage[];
}

/** What is known of a member of an event type. */
export interface Field {
  /** How many values had which JSON type. */
  readonly types: Readonly<Record<string, number>>;
  /** Share of the events that have it. */
  readonly presence: number;
}

/** Of `GET /api/schemas` */
export interface Schema {
  readonly name: string;
  readonly sample: string;
  readonly events: number;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly field_details: Readonly<Record<string, Field>>;
}

/** `GET /api/schemas/{name}/volume` */
export interface Volume {
  readonly bucket_seconds: number;
  /** Oldest first. */
  readonly counts: readonly number[];
}

/** A frame of the ring; see docs/ring.md for meanings and units. */
export interface Frame {
  readonly frame_id: number;
  readonly event_id: string;
  readonly timestamp_us: number;
  readonly delta_time: number;
  readonly duration_ms: number;
  readonly velocity: number;
  readonly interrupt: number;
  readonly conversation_hash: string;
  readonly workflow_node: number;
  readonly case_status: number;
  readonly lead_status: number;
  readonly fill_rate: number;
  readonly actor_type: number;
  readonly intent: string | null;
  readonly sentiment: number;
  readonly confidence: number;
  readonly spin: readonly number[];
  readonly embedder: string;
  readonly attractor: number;
  readonly attraction: number;
}

/** `GET /api/frames` */
export interface RingState {
  readonly head: number;
  readonly tail: number;
  readonly capacity_frames: number;
  readonly gravity: number;
  readonly friction: number;
  readonly attractors: readonly {
    readonly index: number;
    readonly label: string;
    readonly mass: number;
  }[];
  /** Newest first. */
  readonly frames: readonly Frame[];
}

/** A line of the gateway's log. */
export interface LogLine {
  readonly seq: number;
  /** ISO 8601. */
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `GET /api/logs` */
export interface Logs {
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  readonly last_seq: number;
}

/** `POST /api/chat` */
export interface ChatReply {
  readonly content: string;
  readonly intent: string | null;
  readonly slots: Readonly<Record<string, unknown>>;
  readonly missing: readonly string[];
  readonly complete: boolean;
}
