import { dotProduct } from "./dot_product.ts";
import {
  ATTRACTOR,
  ATTRACTOR_BYTES,
  CONTROL,
  CONTROL_HEADER_BYTES,
  EMBEDDING_DIMENSIONS,
  MAX_ATTRACTORS,
} from "./layout.ts";

/** A direction among the embeddings that accelerates the frames near it. */
export interface Attractor {
  /** Its place in the control plane. */
  readonly index: number;
  /** Of any length but 0. */
  readonly position: Float32Array;
  /** L2 norm of the position. */
  readonly norm: number;
  readonly mass: number;
}

/** The control plane as far as it can be trusted. */
export interface ControlPlane {
  readonly gravity: number;
  readonly friction: number;
  readonly attractors: readonly Attractor[];
}

/** How the attractors act on one frame. */
export interface Attraction {
  /** Gravity boost, added to the velocity: Σ mass × cosine × global gravity. */
  readonly boost: number;
  /** The attractor with the highest cosine similarity; -1 = none pulls. */
  readonly attractor: number;
  /** That cosine similarity; 0 where none pulls. */
  readonly attraction: number;
}

/** Bytes of the control plane that hold its header and all attractors. */
export const CONTROL_READ_BYTES = CONTROL_HEADER_BYTES + MAX_ATTRACTORS * ATTRACTOR_BYTES;

/** Only attractors with a higher cosine similarity pull. */
const MIN_COSINE = 0.8;
const LABEL_BYTES = 32;
const DEFAULT_GRAVITY = 1;
const DEFAULT_FRICTION = 0.1;
const NO_ATTRACTION: Attraction = { boost: 0, attractor: -1, attraction: 0 };

/**
 * Reads the control plane. Other processes write it at any time, so nothing in it is trusted: each
 * value is read once; those that are not finite fall back to their defaults, a count above 64
 * counts as 0, and an attractor whose mass or position is not finite, or whose position has no
 * direction, is left out.
 *
 * @param bytes the first {@linkcode CONTROL_READ_BYTES} of the control plane, aligned to 4
 */
export function readControlPlane(bytes: Uint8Array<ArrayBuffer>): ControlPlane {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(CONTROL.attractor_count.offset, true);
  const attractors: Attractor[] = [];
  for (let index = 0; count <= MAX_ATTRACTORS && index < count; index++) {
    const at = CONTROL_HEADER_BYTES + index * ATTRACTOR_BYTES;
    const mass = view.getFloat32(at + ATTRACTOR.mass.offset, true);
    const positionAt = bytes.byteOffset + at + ATTRACTOR.position.offset;
    const position = new Float32Array(bytes.buffer, positionAt, EMBEDDING_DIMENSIONS).slice();
    const norm = Math.sqrt(dotProduct(position, position));
    if (norm > 0 && Number.isFinite(norm) && Number.isFinite(mass)) {
      attractors.push({ index, position, norm, mass });
    }
  }
  return {
    gravity: finiteOr(view.getFloat32(CONTROL.global_gravity.offset, true), DEFAULT_GRAVITY),
    friction: finiteOr(view.getFloat32(CONTROL.friction.offset, true), DEFAULT_FRICTION),
    attractors,
  };
}

/**
 * How the attractors pull a frame.
 *
 * @param embedding the frame's, of L2 norm 1
 */
export function attract(control: ControlPlane, embedding: Float32Array): Attraction {
  let boost = 0;
  let strongest = -1;
  let highest = 0;
  for (const { index, position, norm, mass } of control.attractors) {
    const cosine = dotProduct(position, embedding) / norm;
    if (!(cosine > MIN_COSINE)) continue;
    boost += mass * cosine * control.gravity;
    if (cosine > highest) {
      highest = cosine;
      strongest = index;
    }
  }
  if (strongest === -1) return NO_ATTRACTION;
  // A frame holds binary32: masses that are finite one by one can still add up to infinity there.
  return { boost: finiteOr(Math.fround(boost), 0), attractor: strongest, attraction: highest };
}

/**
 * What an attractor is called: its printable ASCII characters, for other processes write it.
 *
 * @param bytes as of {@linkcode readControlPlane}
 * @param index its place in the control plane
 */
export function attractorLabel(bytes: Uint8Array<ArrayBuffer>, index: number): string {
  const at = CONTROL_HEADER_BYTES + index * ATTRACTOR_BYTES + ATTRACTOR.label.offset;
  const label = bytes.subarray(at, at + LABEL_BYTES);
  const end = label.indexOf(0);
  const codes = label.subarray(0, end === -1 ? LABEL_BYTES : end);
  return String.fromCharCode(...codes.filter((code) => code >= 0x20 && code < 0x7f));
}

function finiteOr(value: number, fallback: number): number {
  return Number.isFinite(value) ? value : fallback;
}
