import assert from "node:assert/strict";
import { ATTRACTOR, CONTROL, CONTROL_HEADER_BYTES, CONTROL_OFFSET } from "../../collider/layout.ts";
import { eventually, Gateway, within } from "../e2e/gateway.ts";
import { fullyPublished, post, postLines } from "./fixtures.ts";
import { patch, readRing, type RingFrame } from "./ring_file.ts";

const CONSUMER = new URL("../../consumer.py", import.meta.url).pathname;
const PYTHON = Deno.env.get("COLLIDER_PYTHON") ?? "python3";
const PYTHON_TIMEOUT_MS = 30_000;

const hasNumpy = await new Deno.Command(PYTHON, { args: ["-c", "import numpy"], stderr: "null" })
  .output().then(({ success }) => success, () => false);

/** A Python reader in a process of its own. */
class Reader implements AsyncDisposable {
  stdout = "";
  stderr = "";
  readonly #process: Deno.ChildProcess;
  readonly #output: Promise<unknown>;

  constructor(args: readonly string[]) {
    this.#process = new Deno.Command(PYTHON, {
      args: [...args],
      env: { PYTHONDONTWRITEBYTECODE: "1", PYTHONPATH: CONSUMER.replace(/[^/]+$/, "") },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = Promise.all([
      this.#read(this.#process.stdout, (text) => this.stdout += text),
      this.#read(this.#process.stderr, (text) => this.stderr += text),
    ]);
  }

  /** Resolves with the lines it printed when it has ended well. */
  async lines(): Promise<string[]> {
    await within(PYTHON_TIMEOUT_MS, "the reader", this.#output);
    const { code } = await this.#process.status;
    assert.equal(code, 0, this.stderr);
    return this.stdout.trimEnd().split("\n");
  }

  /** Writes a line to its standard input. */
  async tell(line: string): Promise<void> {
    const writer = this.#process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`${line}\n`));
    writer.releaseLock();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#output;
    await this.#process.status;
    await this.#process.stdin.close().catch(() => {});
  }

  async #read(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) add(text);
  }
}

function messages(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => ({ event_type: "Message", text: `number ${i}` }));
}

/** The frame of an event that is sent now. */
async function frameOf(gateway: Gateway, payload: Record<string, unknown>): Promise<RingFrame> {
  const id = await post(gateway, payload);
  return await eventually("the frame", async () => {
    const { frames } = await readRing(gateway.ringPath);
    return frames.find(({ eventId }) => eventId === id);
  });
}

Deno.test({
  name: "consumer.py --follow gets every frame in order while 5,000 events are sent",
  ignore: !hasNumpy,
  fn: async () => {
    const count = 5_000;
    await using gateway = await Gateway.start({ ringCapacity: 8_192 });
    await using reader = new Reader([
      ...[CONSUMER, "--path", gateway.ringPath, "--follow", "--from", "oldest"],
      ...["--json", "--limit", String(count)],
    ]);
    await postLines(gateway, messages(1));
    await eventually("the reader's first line", () => reader.stdout !== "" || undefined);
    await postLines(gateway, messages(count - 1));
    const frames = (await reader.lines()).map((line) => JSON.parse(line));
    assert.deepEqual(
      frames.map((frame) => frame.frame_id),
      Array.from({ length: count }, (_, i) => i),
    );
    const events = await fullyPublished(gateway);
    assert.deepEqual(
      frames.map((frame) => frame.event_id),
      events.map(({ id }) => id).reverse(),
    );
    assert.doesNotMatch(reader.stderr, /lost/);
    await gateway.stop();
  },
});

Deno.test({
  name: "a reader of a ring in /dev/shm is seen, where Deno opens no files",
  ignore: !hasNumpy || Deno.build.os !== "linux",
  fn: async () => {
    const ringPath = `/dev/shm/collider-test-${crypto.randomUUID()}`;
    try {
      await using gateway = await Gateway.start({ ringPath });
      await using _reader = new Reader([CONSUMER, "--path", ringPath, "--follow"]);
      const seen = await eventually("the reader", async () => {
        const { ring } = await (await gateway.fetch("/metrics")).json();
        return ring.readers[0];
      });
      assert.equal(seen.name, "consumer.py");
      assert.equal(seen.lag_frames, 0);
      await gateway.stop();
    } finally {
      await Deno.remove(ringPath);
      await Deno.remove(`${ringPath}.readers`, { recursive: true });
    }
  },
});

Deno.test({
  name: "a reader that is lapped is told how many frames it lost and goes on with whole ones",
  ignore: !hasNumpy,
  fn: async () => {
    const capacity = 256;
    const first = 10;
    const count = 5_000;
    // Stops after the first frames until it is told to go on, then reads to the end.
    const program = `
import sys
from consumer import PhysicsConsumer
import numpy as np
with PhysicsConsumer(sys.argv[1], "oldest") as consumer:
    seen = 0
    for frame in consumer.follow():
        assert abs(float(np.linalg.norm(frame.semantic)) - 1) < 1e-4, frame
        seen += 1
        if seen == 1:
            print("reading", flush=True)
            sys.stdin.readline()
        if frame.frame_id == ${count - 1}:
            break
    print(seen, consumer.lapped)
`;
    await using gateway = await Gateway.start({ ringCapacity: capacity });
    await using reader = new Reader(["-c", program, gateway.ringPath]);
    await postLines(gateway, messages(first));
    await eventually("the reader's first frame", () => reader.stdout !== "" || undefined);
    await postLines(gateway, messages(count - first));
    // Not at the end of the publication, but in the middle of it.
    await eventually(
      "a lap",
      async () => (await readRing(gateway.ringPath)).tail > first || undefined,
    );
    await reader.tell("go on");
    const [seen, lost] = (await reader.lines()).at(-1)!.split(" ").map(Number);
    assert.ok(lost! > 0, "the reader was not lapped");
    assert.equal(seen! + lost!, count);
    await gateway.stop();
  },
});

Deno.test("a control plane full of NaN disturbs no frame", async () => {
  await using gateway = await Gateway.start();
  const plane = new Float32Array(CONTROL_HEADER_BYTES / 4 + 1_024 * 70).fill(NaN);
  new Uint32Array(plane.buffer)[CONTROL.attractor_count.offset / 4] = 64;
  await patch(gateway.ringPath, CONTROL_OFFSET, new Uint8Array(plane.buffer));
  await postLines(gateway, messages(100));
  await fullyPublished(gateway);
  const { frames } = await readRing(gateway.ringPath);
  assert.equal(frames.length, 100);
  for (const { frameId, velocity, attractor } of frames) {
    assert.equal(velocity, frameId + 1, "messages per minute alone");
    assert.equal(attractor, -1);
  }
  await gateway.stop();
});

Deno.test("an attractor that a reader sets pulls the frames after it", async () => {
  const payload = { event_type: "Message", text: "the invoice is overdue" };
  const mass = 2.5;
  await using gateway = await Gateway.start();
  const before = await frameOf(gateway, { ...payload, conversation_id: "before" });
  assert.equal(before.attractor, -1);
  assert.equal(before.velocity, 1);

  const attractorAt = CONTROL_OFFSET + CONTROL_HEADER_BYTES;
  const position = new Uint8Array(before.semantic.slice().buffer);
  await patch(gateway.ringPath, attractorAt + ATTRACTOR.position.offset, position);
  const massBytes = new Uint8Array(Float32Array.of(mass).buffer);
  await patch(gateway.ringPath, attractorAt + ATTRACTOR.mass.offset, massBytes);
  const countAt = CONTROL_OFFSET + CONTROL.attractor_count.offset;
  await patch(gateway.ringPath, countAt, Uint8Array.of(1, 0, 0, 0));

  const after = await frameOf(gateway, { ...payload, conversation_id: "after" });
  assert.equal(after.attractor, 0);
  assert.ok(after.attraction > 0.8, `cosine ${after.attraction}`);
  const boosted = 1 + mass * after.attraction;
  assert.ok(Math.abs(after.velocity - boosted) < 1e-4, `velocity ${after.velocity}`);
  await gateway.stop();
});
