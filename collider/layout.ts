/**
 * The wire format of the ring, version 2, as data: the writer, the workers, the tables in
 * `docs/ring.md` and the check of `consumer.py` are all made from the tables in this file.
 * All values are little-endian.
 */

/** A scalar, or an array of scalars, as NumPy and Rust would write it. */
export type FieldType = "u32" | "i32" | "f32" | "u64" | "i64" | `${"f32" | "u8"}[${number}]`;

/** One field of a region. */
export interface Field {
  readonly type: FieldType;
  /** From the start of the region's record, bytes. */
  readonly offset: number;
  /** Meaning and unit. */
  readonly meaning: string;
}

/** Floats in an embedding. */
export const EMBEDDING_DIMENSIONS = 1024;

/** Names of the codes in `actor_type`, `case_status` and `lead_status`, by code. */
export const ACTOR_TYPES = ["system", "human", "agent", "tool"] as const;
export const CASE_STATUSES = ["new", "open", "pending", "resolved", "closed"] as const;
export const LEAD_STATUSES = ["cold", "warm", "hot", "converted", "lost"] as const;

/** The codes in `embedder`. */
export const EMBEDDER = { none: 0, onnx: 1, remote: 2, hashing: 3 } as const;

/** What made a frame's embedding. */
export type EmbedderCode = typeof EMBEDDER[keyof typeof EMBEDDER];

/** The header, at the beginning of the file. */
export const HEADER = {
  magic: { type: "u64", offset: 0, meaning: "`0xCAFEBABE`" },
  version: { type: "u32", offset: 8, meaning: "2" },
  frame_size: { type: "u32", offset: 12, meaning: "4,224" },
  capacity: { type: "u64", offset: 16, meaning: "frames in the ring" },
  head: {
    type: "u64",
    offset: 24,
    meaning: "number of frames ever published: the newest is at `(head - 1) mod capacity`",
  },
  tail: { type: "u64", offset: 32, meaning: "id of the oldest frame that is still readable" },
  heartbeat_us: {
    type: "i64",
    offset: 40,
    meaning: "the writer's last sign of life, Unix µs; 0 after a clean shutdown",
  },
  generation: {
    type: "u64",
    offset: 48,
    meaning: "random, new whenever the ring is created afresh (not when it is reopened)",
  },
  reserved: { type: "u64", offset: 56, meaning: "0" },
} as const satisfies Record<string, Field>;

/** A frame: the slot of frame `i` begins at `FRAMES_OFFSET + (i mod capacity) × FRAME_BYTES`. */
export const FRAME = {
  sequence: {
    type: "u64",
    offset: 0,
    meaning: "SeqLock: odd = being written, even = valid; +2 for every publication in this slot",
  },
  frame_id: { type: "u64", offset: 8, meaning: "0, 1, 2, …; `frame_id mod capacity` is the slot" },
  semantic: {
    type: "f32[1024]",
    offset: 16,
    meaning: "the embedding, L2 norm 1; all zero when there is none",
  },
  delta_time: {
    type: "f32",
    offset: 4112,
    meaning:
      "natural log of the seconds since the previous event of this conversation; 0 for its first",
  },
  duration_ms: {
    type: "f32",
    offset: 4116,
    meaning: "from the event's arrival to its publication, ms",
  },
  velocity: {
    type: "f32",
    offset: 4120,
    meaning: "this conversation's messages per minute over the last 60 s, plus the gravity boost",
  },
  interrupt: {
    type: "f32",
    offset: 4124,
    meaning:
      "1 if it arrived while the previous event of its conversation was still being processed, else 0",
  },
  timestamp_us: { type: "i64", offset: 4128, meaning: "arrival, Unix µs" },
  conversation_hash: {
    type: "u64",
    offset: 4136,
    meaning:
      "first 8 bytes, little-endian, of SHA-256 of `conversation_id` in UTF-8; of `default_channel` where there is none",
  },
  workflow_node: { type: "i32", offset: 4144, meaning: "from the payload; -1 = not in a workflow" },
  case_status: { type: "i32", offset: 4148, meaning: codes(CASE_STATUSES) },
  lead_status: { type: "i32", offset: 4152, meaning: codes(LEAD_STATUSES) },
  fill_rate: {
    type: "f32",
    offset: 4156,
    meaning: "share of the fields known for this event type that are present and not null, 0 to 1",
  },
  actor_type: { type: "i32", offset: 4160, meaning: codes(ACTOR_TYPES) },
  intent_id: {
    type: "i32",
    offset: 4164,
    meaning: "the event type's stable id in the schema registry; -1 = none",
  },
  sentiment: { type: "f32", offset: 4168, meaning: "-1 to 1" },
  confidence: { type: "f32", offset: 4172, meaning: "0 to 1, of the classification" },
  spin: {
    type: "f32[4]",
    offset: 4176,
    meaning:
      "unit quaternion (w, x, y, z), w ≥ 0: the embedding times a fixed seeded 1024×4 Gaussian matrix, normalised; (1, 0, 0, 0) where there is no embedding",
  },
  event_id: {
    type: "u8[16]",
    offset: 4192,
    meaning: "the event's UUID: joins the frame to its row in the store",
  },
  embedder: {
    type: "u32",
    offset: 4208,
    meaning: "0 none, 1 local ONNX, 2 remote `/embeddings`, 3 hashing",
  },
  attractor: {
    type: "i32",
    offset: 4212,
    meaning: "index of the strongest attractor that pulled this frame; -1 = none",
  },
  attraction: { type: "f32", offset: 4216, meaning: "its cosine similarity" },
  reserved: { type: "u32", offset: 4220, meaning: "0" },
} as const satisfies Record<string, Field>;

/** The control plane before its first attractor. */
export const CONTROL = {
  global_gravity: { type: "f32", offset: 0, meaning: "strength of all attractors; default 1.0" },
  friction: { type: "f32", offset: 4, meaning: "default 0.1; not used by the gateway" },
  attractor_count: { type: "u32", offset: 8, meaning: "0 to 64; above that, none is used" },
  reserved: { type: "u32", offset: 12, meaning: "0" },
} as const satisfies Record<string, Field>;

/** An attractor: number `i` begins at `CONTROL_HEADER_BYTES + i × ATTRACTOR_BYTES` in its plane. */
export const ATTRACTOR = {
  position: {
    type: "f32[1024]",
    offset: 0,
    meaning: "a direction among the embeddings, of any length",
  },
  mass: { type: "f32", offset: 4096, meaning: "how strongly it pulls; negative = pushes" },
  label: { type: "u8[32]", offset: 4100, meaning: "ASCII, NUL-padded" },
  reserved: { type: "u8[60]", offset: 4132, meaning: "0" },
} as const satisfies Record<string, Field>;

/** Where a reader says how far it has come: a file of its own in the ring's readers' folder. */
export const READER = {
  generation: { type: "u64", offset: 0, meaning: "of the ring that it reads" },
  next_frame_id: { type: "u64", offset: 8, meaning: "the frame that it reads next" },
  lapped: { type: "u64", offset: 16, meaning: "frames that it has lost" },
  seen_us: { type: "i64", offset: 24, meaning: "when it last waited for frames, Unix µs" },
  pid: { type: "u32", offset: 32, meaning: "its process" },
  reserved: { type: "u32", offset: 36, meaning: "0" },
  name: { type: "u8[24]", offset: 40, meaning: "what it is called, UTF-8, NUL-padded" },
} as const satisfies Record<string, Field>;

/** Size of the header: 64. */
export const HEADER_BYTES = sizeOf(HEADER);
/** Size of a frame: 4,224, which is 66 cache lines. */
export const FRAME_BYTES = sizeOf(FRAME);
/** Size of the control plane before its first attractor: 16. */
export const CONTROL_HEADER_BYTES = sizeOf(CONTROL);
/** Size of an attractor: 4,192. */
export const ATTRACTOR_BYTES = sizeOf(ATTRACTOR);
/** Size of a reader's file: 64. */
export const READER_BYTES = sizeOf(READER);
/** Attractors that readers may set. */
export const MAX_ATTRACTORS = 64;

/** Where the control plane begins in the file: a page apart from the header. */
export const CONTROL_OFFSET = 4096;
/** Size of the control plane; what follows the last attractor is reserved. */
export const CONTROL_BYTES = 1 << 20;
/** Where the frames begin in the file: 1,052,672. */
export const FRAMES_OFFSET = CONTROL_OFFSET + CONTROL_BYTES;
/** Frames in a ring unless `--ring-capacity` says otherwise. */
export const DEFAULT_CAPACITY_FRAMES = 100_000;

/** Size of a ring's file. */
export function ringBytes(capacityFrames: number): number {
  return FRAMES_OFFSET + capacityFrames * FRAME_BYTES;
}

/** Where the ring lies unless `--ring-path` says otherwise. */
export function defaultRingPath(os: string = Deno.build.os): string {
  if (os === "linux") return "/dev/shm/cs_physics";
  if (os === "windows") return `${Deno.env.get("TEMP") ?? "C:\\Temp"}\\cs_physics`;
  return "/tmp/cs_physics";
}

/** The folder in which the readers of a ring say how far they have come. */
export function readersPath(ringPath: string): string {
  return `${ringPath}.readers`;
}

function codes(names: readonly string[]): string {
  return names.map((name, code) => `${code} ${name}`).join(", ");
}

/** Bytes of a record, whose fields must follow each other without gap or overlap, each aligned. */
function sizeOf(fields: Readonly<Record<string, Field>>): number {
  let end = 0;
  for (const [name, { type, offset }] of Object.entries(fields)) {
    const [scalar, length = "1"] = type.split(/[[\]]/);
    const scalarBytes = Number(scalar!.slice(1)) / 8;
    if (offset !== end || offset % scalarBytes !== 0) {
      throw new RangeError(`${name} is at ${offset}, after a field that ends at ${end}`);
    }
    end += scalarBytes * Number(length);
  }
  return end;
}
