import assert from "node:assert/strict";
import { join } from "node:path";
import {
  ACTOR_TYPES,
  ATTRACTOR,
  ATTRACTOR_BYTES,
  CASE_STATUSES,
  CONTROL,
  CONTROL_BYTES,
  CONTROL_HEADER_BYTES,
  CONTROL_OFFSET,
  DEFAULT_CAPACITY_FRAMES,
  defaultRingPath,
  EMBEDDER,
  type Field,
  FRAME,
  FRAME_BYTES,
  FRAMES_OFFSET,
  HEADER,
  HEADER_BYTES,
  LEAD_STATUSES,
  MAX_ATTRACTORS,
  READER,
  READER_BYTES,
  ringBytes,
} from "./layout.ts";
import { RING_DOCUMENT, withLayout } from "./layout_docs.ts";

const REPOSITORY = join(import.meta.dirname!, "..");

/** Prints, for every field of `consumer.py`'s records, its offset, size and kind. */
const DESCRIBE_DTYPES = `
import json, consumer
def kind(dtype): return dtype.base.kind if dtype.base.kind in "uif" else "bytes"
def fields(dtype): return {n: [dtype.fields[n][1], dtype.fields[n][0].itemsize,
                               kind(dtype.fields[n][0])] for n in dtype.names}
print(json.dumps({
    "header": fields(consumer.HEADER_DTYPE),
    "frame": fields(consumer.FRAME_DTYPE),
    "control": fields(consumer.CONTROL_DTYPE),
    "attractor": fields(consumer.ATTRACTOR_DTYPE),
    "reader": fields(consumer.READER_DTYPE),
    "regions": [consumer.CONTROL_OFFSET, consumer.FRAMES_OFFSET, consumer.FRAME_BYTES],
}))`;

Deno.test("The records have the sizes of wire format version 2", () => {
  assert.equal(HEADER_BYTES, 64);
  assert.equal(FRAME_BYTES, 4_224);
  assert.equal(CONTROL_HEADER_BYTES, 16);
  assert.equal(ATTRACTOR_BYTES, 4_192);
  assert.equal(READER_BYTES, 64);
  assert.equal(FRAMES_OFFSET, 1_052_672);
  assert.equal(ringBytes(DEFAULT_CAPACITY_FRAMES), 423_452_672);
});

Deno.test("No field of wire format version 2 has moved", () => {
  assert.deepEqual(places(HEADER), [
    "0 u64 magic",
    "8 u32 version",
    "12 u32 frame_size",
    "16 u64 capacity",
    "24 u64 head",
    "32 u64 tail",
    "40 i64 heartbeat_us",
    "48 u64 generation",
    "56 u64 reserved",
  ]);
  assert.deepEqual(places(FRAME), [
    "0 u64 sequence",
    "8 u64 frame_id",
    "16 f32[1024] semantic",
    "4112 f32 delta_time",
    "4116 f32 duration_ms",
    "4120 f32 velocity",
    "4124 f32 interrupt",
    "4128 i64 timestamp_us",
    "4136 u64 conversation_hash",
    "4144 i32 workflow_node",
    "4148 i32 case_status",
    "4152 i32 lead_status",
    "4156 f32 fill_rate",
    "4160 i32 actor_type",
    "4164 i32 intent_id",
    "4168 f32 sentiment",
    "4172 f32 confidence",
    "4176 f32[4] spin",
    "4192 u8[16] event_id",
    "4208 u32 embedder",
    "4212 i32 attractor",
    "4216 f32 attraction",
    "4220 u32 reserved",
  ]);
  assert.deepEqual(places(CONTROL), [
    "0 f32 global_gravity",
    "4 f32 friction",
    "8 u32 attractor_count",
    "12 u32 reserved",
  ]);
  assert.deepEqual(places(ATTRACTOR), [
    "0 f32[1024] position",
    "4096 f32 mass",
    "4100 u8[32] label",
    "4132 u8[60] reserved",
  ]);
  assert.deepEqual(places(READER), [
    "0 u64 generation",
    "8 u64 next_frame_id",
    "16 u64 lapped",
    "24 i64 seen_us",
    "32 u32 pid",
    "36 u32 reserved",
    "40 u8[24] name",
  ]);
  assert.deepEqual([CONTROL_OFFSET, CONTROL_BYTES, MAX_ATTRACTORS], [4_096, 1_048_576, 64]);
});

Deno.test("No code of wire format version 2 has changed its meaning", () => {
  assert.deepEqual(EMBEDDER, { none: 0, onnx: 1, remote: 2, hashing: 3 });
  assert.deepEqual(ACTOR_TYPES, ["system", "human", "agent", "tool"]);
  assert.deepEqual(CASE_STATUSES, ["new", "open", "pending", "resolved", "closed"]);
  assert.deepEqual(LEAD_STATUSES, ["cold", "warm", "hot", "converted", "lost"]);
});

Deno.test("The regions don't overlap, and each frame begins on a cache line", () => {
  assert.ok(HEADER_BYTES <= CONTROL_OFFSET);
  assert.ok(CONTROL_HEADER_BYTES + MAX_ATTRACTORS * ATTRACTOR_BYTES <= CONTROL_BYTES);
  assert.equal(FRAMES_OFFSET % 64, 0);
  assert.equal(FRAME_BYTES % 64, 0);
});

Deno.test("The ring's default path is the platform's", () => {
  assert.equal(defaultRingPath("linux"), "/dev/shm/cs_physics");
  assert.equal(defaultRingPath("darwin"), "/tmp/cs_physics");
  assert.match(defaultRingPath("windows"), /\\cs_physics$/);
});

Deno.test("docs/ring.md shows the layout as it is", async () => {
  const document = await Deno.readTextFile(RING_DOCUMENT);
  assert.equal(document, withLayout(document), "run collider/layout_docs.ts");
});

Deno.test("withLayout refuses a document that has no place for the layout", () => {
  assert.throws(() => withLayout("# The ring\n"), RangeError);
});

Deno.test("consumer.py reads every field where the gateway writes it", async () => {
  const described = JSON.parse(await runPython(DESCRIBE_DTYPES));
  assert.deepEqual(described, {
    header: describe(HEADER, HEADER_BYTES),
    frame: describe(FRAME, FRAME_BYTES),
    control: {
      ...describe(CONTROL, CONTROL_HEADER_BYTES),
      attractors: [CONTROL_HEADER_BYTES, MAX_ATTRACTORS * ATTRACTOR_BYTES, "bytes"],
    },
    attractor: describe(ATTRACTOR, ATTRACTOR_BYTES),
    reader: describe(READER, READER_BYTES),
    regions: [CONTROL_OFFSET, FRAMES_OFFSET, FRAME_BYTES],
  });
});

function places(fields: Record<string, Field>): string[] {
  return Object.entries(fields).map(([name, { offset, type }]) => `${offset} ${type} ${name}`);
}

function describe(fields: Record<string, Field>, recordBytes: number) {
  const entries = Object.entries(fields);
  return Object.fromEntries(entries.map(([name, { type, offset }], i) => {
    const end = entries[i + 1]?.[1].offset ?? recordBytes;
    return [name, [offset, end - offset, type.startsWith("u8") ? "bytes" : type[0]]];
  }));
}

/** Runs the Python in `COLLIDER_PYTHON`, or else the project's or the system's that has NumPy. */
async function runPython(program: string): Promise<string> {
  const chosen = Deno.env.get("COLLIDER_PYTHON");
  const candidates = [join(REPOSITORY, ".venv", "bin", "python"), "python3"];
  const failures: string[] = [];
  for (const python of chosen === undefined ? candidates : [chosen]) {
    try {
      const { success, stdout, stderr } = await new Deno.Command(python, {
        args: ["-B", "-c", program],
        cwd: REPOSITORY,
      }).output();
      if (success) return new TextDecoder().decode(stdout);
      failures.push(`${python}: ${new TextDecoder().decode(stderr).trim()}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      failures.push(`${python}: not found`);
    }
  }
  throw new Error(
    `consumer.py could not be loaded; it needs NumPy (python3 -m venv .venv, ` +
      `.venv/bin/pip install numpy), or COLLIDER_PYTHON naming a Python that has it:\n${
        failures.join("\n")
      }`,
  );
}
