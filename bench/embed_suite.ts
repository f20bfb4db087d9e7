import { join } from "node:path";
import { EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import { DEFAULT_BATCH_TOKENS } from "../models/embed_messages.ts";
import { OnnxEmbedder } from "../models/onnx/onnx_embedder.ts";
import { ensureModelPackages, ensurePython } from "../tests/python.ts";
import { compareGateways } from "./gateway_comparison.ts";
import { compare, type Measurement, perSecond } from "./measurement.ts";
import type { Workspace } from "./workspace.ts";

const THREADS = 2;
const TEXTS = 256;
/** Texts that run together in Python, about 60 tokens each: the default of sentence-transformers. */
const PYTHON_BATCH = 32;
const ROUNDS = 5;

type Mode = "single" | "batched";

/** A sentence-embedding model in the gateway's embedder, against the same in Python. */
export async function measureEmbed(workspace: Workspace): Promise<Measurement[]> {
  const python = await ensurePython();
  const problem = await ensureModelPackages(python);
  if (problem !== null) throw new Error(`the model to measure with can't be had: ${problem}`);
  const folder = workspace.directory;
  await installModel(python, folder);
  // Before this process loads a model itself: its priority is lower from then on, and its children's.
  const ingest = await measureIngestBeside(workspace, folder);
  const texts = Array.from({ length: TEXTS }, (_, i) => textOf(i));
  const embedder = await OnnxEmbedder.open({
    modelPath: join(folder, "model.onnx"),
    tokenizerPath: join(folder, "tokenizer.json"),
    device: "cpu",
    threads: THREADS,
    batchTokens: DEFAULT_BATCH_TOKENS,
  });
  const floats = new Float32Array(TEXTS * EMBEDDING_DIMENSIONS);
  const offsets = texts.map((_, i) => i * EMBEDDING_DIMENSIONS);
  await embedder.embed(texts, floats, offsets);
  const floor = workspace.use(PythonEmbedder.start(python, { folder, threads: THREADS, texts }));

  const ours: Record<Mode, () => Promise<number>> = {
    single: async () => {
      const startedMs = performance.now();
      for (const [i, text] of texts.entries()) {
        await embedder.embed([text], floats, [offsets[i]!]);
      }
      return perSecond(TEXTS, startedMs);
    },
    batched: async () => {
      const startedMs = performance.now();
      await embedder.embed(texts, floats, offsets);
      return perSecond(TEXTS, startedMs);
    },
  };
  const measure = async (mode: Mode, what: string, target: number): Promise<Measurement> => ({
    name: `embed.${mode}`,
    what,
    floorIs: "Python's onnxruntime and tokenizers on the same model and threads",
    ...await compare(ours[mode], () => floor.rate(mode), ROUNDS),
    unit: "texts/s",
    target,
  });
  return [
    await measure("single", "texts embedded one by one into a frame", 1 / 1.05),
    await measure("batched", `${TEXTS} texts embedded together`, 1),
    ingest,
  ];
}

/** Single events while the model infers as fast as it can, against the same without a model. */
async function measureIngestBeside(workspace: Workspace, folder: string): Promise<Measurement> {
  const { p99Ms, floorP99Ms, ...compared } = await compareGateways(workspace, [
    ...["--embedding-model", join(folder, "model.onnx"), "--no-llm"],
    ...["--tokenizer-model", join(folder, "tokenizer.json")],
  ]);
  return {
    name: "embed.ingest",
    what: "durable POSTs of one event each while the model infers",
    floorIs: "the same gateway with the hashing embedder",
    ...compared,
    unit: "events/s",
    target: null,
    extra: { p99_ms: p99Ms, floor_p99_ms: floorP99Ms },
  };
}

/** About as long as messages are, in several lengths. */
function textOf(index: number): string {
  const sentence =
    `Customer ${index} asks whether the policy covers damage by hail, and since when.`;
  return new Array(1 + index % 5).fill(sentence).join(" ");
}

async function installModel(python: string, folder: string): Promise<void> {
  const script = "import sys, pathlib, minilm; minilm.install(pathlib.Path(sys.argv[1]))";
  const { success, stderr } = await new Deno.Command(python, {
    args: ["-c", script, folder],
    cwd: new URL("../tests/python/", import.meta.url),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** The floor, in a process of its own. */
class PythonEmbedder implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#commands = child.stdin.getWriter();
    this.#answers = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  static start(
    python: string,
    settings: { folder: string; threads: number; texts: readonly string[] },
  ): PythonEmbedder {
    const child = new Deno.Command(python, {
      args: [new URL("./embed_bench.py", import.meta.url).pathname],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const embedder = new PythonEmbedder(child);
    embedder.#send(JSON.stringify({ ...settings, batch: PYTHON_BATCH }));
    return embedder;
  }

  /** Texts per second. */
  async rate(mode: Mode): Promise<number> {
    this.#send(mode);
    let line = "";
    while (!line.endsWith("\n")) {
      const { value, done } = await this.#answers.read();
      if (done) throw new Error("the floor's process has ended");
      line += value;
    }
    return Number(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commands.close();
    await this.#answers.cancel();
    await this.#child.status;
  }

  #send(line: string): void {
    this.#commands.write(new TextEncoder().encode(`${line}\n`));
  }
}
