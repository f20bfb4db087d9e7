import { FRAME, FRAME_BYTES, FRAMES_OFFSET, HEADER, HEADER_BYTES } from "../../collider/layout.ts";

/** A frame as it stands in the file. */
export interface RingFrame {
  readonly frameId: number;
  /** UUID. */
  readonly eventId: string;
  readonly velocity: number;
  readonly attractor: number;
  readonly attraction: number;
  readonly semantic: Float32Array;
}

/** What the file of a ring says. */
export interface RingSnapshot {
  readonly head: number;
  readonly tail: number;
  readonly generation: bigint;
  /** Readable frames, oldest first. Torn ones, with an odd sequence or another id, are left out. */
  readonly frames: readonly RingFrame[];
  /** Slots with an odd sequence. */
  readonly oddSlots: number;
}

/** Reads a ring through its file, as a reader does that knows nothing but the wire format. */
export async function readRing(path: string): Promise<RingSnapshot> {
  const file = await Deno.readFile(path);
  const view = new DataView(file.buffer);
  const u64 = (offset: number) => Number(view.getBigUint64(offset, true));
  const capacity = u64(HEADER.capacity.offset);
  const head = u64(HEADER.head.offset);
  const tail = u64(HEADER.tail.offset);
  const frames: RingFrame[] = [];
  for (let frameId = tail; frameId < head; frameId++) {
    const at = FRAMES_OFFSET + (frameId % capacity) * FRAME_BYTES;
    const isOdd = view.getUint8(at + FRAME.sequence.offset) % 2 === 1;
    if (isOdd || u64(at + FRAME.frame_id.offset) !== frameId) continue;
    const f32 = (field: { readonly offset: number }) => view.getFloat32(at + field.offset, true);
    frames.push({
      frameId,
      eventId: uuid(file.subarray(at + FRAME.event_id.offset, at + FRAME.event_id.offset + 16)),
      velocity: f32(FRAME.velocity),
      attractor: view.getInt32(at + FRAME.attractor.offset, true),
      attraction: f32(FRAME.attraction),
      semantic: new Float32Array(file.buffer, at + FRAME.semantic.offset, 1024),
    });
  }
  let oddSlots = 0;
  for (let slot = 0; slot < capacity; slot++) {
    oddSlots += view.getUint8(FRAMES_OFFSET + slot * FRAME_BYTES + FRAME.sequence.offset) % 2;
  }
  const generation = view.getBigUint64(HEADER.generation.offset, true);
  return { head, tail, generation, frames, oddSlots };
}

/** `head` alone, which is cheap to ask for again and again. */
export async function readHead(path: string): Promise<number> {
  using file = await Deno.open(path);
  const header = new Uint8Array(HEADER_BYTES);
  await file.read(header);
  return Number(new DataView(header.buffer).getBigUint64(HEADER.head.offset, true));
}

/** Overwrites bytes of the file. */
export async function patch(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.seek(offset, Deno.SeekMode.Start);
  const written = await file.write(bytes);
  if (written !== bytes.length) throw new Error(`only ${written} bytes were written`);
}

function uuid(bytes: Uint8Array): string {
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
