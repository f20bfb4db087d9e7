import assert from "node:assert/strict";
import fc from "fast-check";
import { attract, CONTROL_READ_BYTES, readControlPlane } from "./attractors.ts";
import {
  ATTRACTOR,
  ATTRACTOR_BYTES,
  CONTROL,
  CONTROL_HEADER_BYTES,
  EMBEDDING_DIMENSIONS,
  MAX_ATTRACTORS,
} from "./layout.ts";

interface Placed {
  /** The first components of its position. */
  readonly position: readonly number[];
  readonly mass?: number;
}

interface Header {
  readonly gravity?: number;
  readonly friction?: number;
  readonly count?: number;
}

/** A control plane as a reader would write it. */
function plane(attractors: readonly Placed[], header: Header = {}): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(CONTROL_READ_BYTES);
  const view = new DataView(bytes.buffer);
  const { gravity = 1, friction = 0.5, count = attractors.length } = header;
  view.setFloat32(CONTROL.global_gravity.offset, gravity, true);
  view.setFloat32(CONTROL.friction.offset, friction, true);
  view.setUint32(CONTROL.attractor_count.offset, count, true);
  for (const [i, { position, mass = 1 }] of attractors.entries()) {
    const at = CONTROL_HEADER_BYTES + i * ATTRACTOR_BYTES;
    new Float32Array(bytes.buffer, at + ATTRACTOR.position.offset).set(position);
    view.setFloat32(at + ATTRACTOR.mass.offset, mass, true);
  }
  return bytes;
}

function indicesOf(bytes: Uint8Array<ArrayBuffer>): number[] {
  return readControlPlane(bytes).attractors.map(({ index }) => index);
}

function embeddingOf(...values: number[]): Float32Array {
  const embedding = new Float32Array(EMBEDDING_DIMENSIONS);
  embedding.set(values);
  return embedding;
}

/** A unit vector whose cosine with the first axis is `cosine`. */
function at(cosine: number): Float32Array {
  return embeddingOf(cosine, Math.sqrt(1 - cosine * cosine));
}

const AXIS = [1];

Deno.test("An attractor pulls by its mass, the cosine and the global gravity", () => {
  const control = readControlPlane(plane([{ position: AXIS, mass: 3 }], { gravity: 2 }));
  const { boost, attractor, attraction } = attract(control, at(0.9));
  assert.ok(Math.abs(boost - 3 * 0.9 * 2) < 1e-6);
  assert.equal(attractor, 0);
  assert.ok(Math.abs(attraction - 0.9) < 1e-6);
});

Deno.test("An attractor pulls only above a cosine of 0.8", () => {
  const control = readControlPlane(plane([{ position: AXIS }]));
  const none = { boost: 0, attractor: -1, attraction: 0 };
  assert.deepEqual(attract(control, at(0.799)), none);
  assert.deepEqual(attract(control, at(-1)), none);
  assert.equal(attract(control, at(0.801)).attractor, 0);
});

Deno.test("Attractors add up, and the one with the highest cosine is the strongest", () => {
  const near = { position: [0.95, Math.sqrt(1 - 0.95 ** 2)], mass: 0.5 };
  const heavy = { position: AXIS, mass: 100 };
  const { boost, attractor, attraction } = attract(
    readControlPlane(plane([heavy, near])),
    at(0.95),
  );
  assert.ok(Math.abs(boost - (100 * 0.95 + 0.5)) < 1e-4);
  assert.equal(attractor, 1);
  assert.ok(Math.abs(attraction - 1) < 1e-6);
});

Deno.test("Every component of position and embedding counts", () => {
  for (const axis of [0, 1, 2, 3, 511, 512, EMBEDDING_DIMENSIONS - 1]) {
    const unit = embeddingOf();
    unit[axis] = 1;
    const control = readControlPlane(plane([{ position: [...unit] }]));
    assert.equal(attract(control, unit).attraction, 1, `axis ${axis}`);
  }
});

Deno.test("Only the direction of a position counts", () => {
  fc.assert(fc.property(fc.double({ min: 1e-30, max: 1e30, noNaN: true }), (length) => {
    const control = readControlPlane(plane([{ position: [0.6 * length, 0.8 * length] }]));
    const { attraction } = attract(control, embeddingOf(0.6, 0.8));
    assert.ok(Math.abs(attraction - 1) < 1e-6, `${attraction}`);
  }));
});

Deno.test("An attractor that is not finite or has no direction is left out, the others are not", () => {
  const sound = { position: AXIS };
  const broken = [
    { position: [NaN] },
    { position: [1, Infinity] },
    { position: [] },
    { position: AXIS, mass: NaN },
    { position: AXIS, mass: -Infinity },
  ];
  assert.deepEqual(indicesOf(plane([sound, ...broken, sound])), [0, broken.length + 1]);
});

Deno.test("A count above 64 counts as 0", () => {
  const full = Array.from({ length: MAX_ATTRACTORS }, () => ({ position: AXIS }));
  assert.equal(indicesOf(plane(full)).length, MAX_ATTRACTORS);
  assert.deepEqual(indicesOf(plane(full, { count: MAX_ATTRACTORS + 1 })), []);
  assert.deepEqual(indicesOf(plane(full, { count: 2 ** 32 - 1 })), []);
});

Deno.test("A gravity or friction that is not finite counts as its default", () => {
  const { gravity, friction } = readControlPlane(plane([], { gravity: NaN, friction: -Infinity }));
  assert.deepEqual({ gravity, friction }, { gravity: 1, friction: 0.1 });
});

Deno.test("A boost that a frame can't hold counts as 0", () => {
  const heaviest = { position: AXIS, mass: 3e38 };
  const control = readControlPlane(plane([heaviest, heaviest]));
  assert.equal(attract(control, at(1)).boost, 0);
});

Deno.test("What a control plane says can be changed without effect after it was read", () => {
  const bytes = plane([{ position: AXIS }]);
  const control = readControlPlane(bytes);
  bytes.fill(0xff);
  assert.equal(attract(control, at(1)).boost, 1);
});

Deno.test("No control plane makes a frame that is not finite", () => {
  const anything = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(fc.property(anything, anything, fc.nat(), (header, noise, seed) => {
    const bytes = new Uint8Array(CONTROL_READ_BYTES);
    for (let i = 0; i < bytes.length; i++) bytes[i] = noise[(i + (i >> 4) * seed) % 16]!;
    bytes.set(header);
    bytes[CONTROL.attractor_count.offset] = header[0]! % (MAX_ATTRACTORS + 1);
    bytes.fill(0, CONTROL.attractor_count.offset + 1, CONTROL_HEADER_BYTES);
    const control = readControlPlane(bytes);
    const own = control.attractors[0];
    const embedding = own === undefined ? at(1) : own.position.map((value) => value / own.norm);
    const { boost, attraction } = attract(control, embedding);
    assert.ok(Number.isFinite(Math.fround(boost)) && Math.abs(attraction) < 1.001);
  }));
});
