import assert from "node:assert/strict";
import { join } from "node:path";
import {
  ATTRACTOR,
  ATTRACTOR_BYTES,
  CONTROL,
  CONTROL_BYTES,
  CONTROL_HEADER_BYTES,
  CONTROL_OFFSET,
  DEFAULT_CAPACITY_FRAMES,
  defaultRingPath,
  type Field,
  FRAME,
  FRAME_BYTES,
  FRAMES_OFFSET,
  HEADER,
  HEADER_BYTES,
  MAX_ATTRACTORS,
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
    "regions": [consumer.CONTROL_OFFSET, consumer.FRAMES_OFFSET, consumer.FRAME_BYTES],
}))`;

Deno.test("The records have the sizes of wire format version 2", () => {
  assert.equal(HEADER_BYTES, 64);
  assert.equal(FRAME_BYTES, 4_224);
  assert.equal(CONTROL_HEADER_BYTES, 16);
  assert.equal(ATTRACTOR_BYTES, 4_192);
  assert.equal(FRAMES_OFFSET, 1_052_672);
  assert.equal(ringBytes(DEFAULT_CAPACITY_FRAMES), 423_452_672);
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
    regions: [CONTROL_OFFSET, FRAMES_OFFSET, FRAME_BYTES],
  });
});

function describe(fields: Record<string, Field>, recordBytes: number) {
  const entries = Object.entries(fields);
  return Object.fromEntries(entries.map(([name, { type, offset }], i) => {
    const end = entries[i + 1]?.[1].offset ?? recordBytes;
    return [name, [offset, end - offset, type.startsWith("u8") ? "bytes" : type[0]]];
  }));
}

/** Runs the project's Python, or else the system's, whichever has NumPy. */
async function runPython(program: string): Promise<string> {
  const failures: string[] = [];
  for (const python of [join(REPOSITORY, ".venv", "bin", "python"), "python3"]) {
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
      `.venv/bin/pip install numpy):\n${failures.join("\n")}`,
  );
}
