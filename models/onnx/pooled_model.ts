import type { InferenceSession } from "onnxruntime-node";
import { ModelFileError } from "./errors.ts";
import { POOLED_OUTPUT, type Pooling, poolingFragment } from "./pooling_graph.ts";
import { type OpenSession, openSession, type SessionOptions } from "./session.ts";

/** A model that gives one normalised vector per text. */
export interface PooledModel extends OpenSession {
  /** Name of the output: float [batch, dimensions]. */
  readonly output: string;
  readonly dimensions: number;
}

/** Names under which models give vectors that are pooled and normalised already. */
const DENSE_OUTPUTS = [POOLED_OUTPUT, "dense_vecs", "sentence_embedding", "dense"];

/**
 * Opens a model that embeds texts. One that only gives token vectors gets pooling and normalisation
 * put into its graph, in a copy beside it that is made once, so that ONNX Runtime writes the vector
 * that is wanted to where it is wanted.
 *
 * @throws what {@linkcode openSession} throws
 * @throws {ModelFileError} if the model gives no vectors
 */
export async function openPooledModel(
  path: string,
  pooling: Pooling,
  options: SessionOptions,
): Promise<PooledModel> {
  const pooledPath = path.replace(/(\.onnx)?$/, `.${pooling}.onnx`);
  if (await isNewer(pooledPath, path)) {
    const pooled = pooledOf(await openSession(pooledPath, options));
    if (pooled !== null) return pooled;
  }
  const plain = await openSession(path, options);
  const ready = pooledOf(plain);
  if (ready !== null) return ready;
  const tokens = outputOf(plain.session, 3);
  if (tokens === null || !Number.isInteger(tokens.dimensions)) {
    throw new ModelFileError(`the model ${path} gives no token vectors of a known length`, {
      hint: "choose an embedding model with an output last_hidden_state",
    });
  }
  await plain.session.release();
  const fragment = poolingFragment({
    tokens: tokens.name,
    dimensions: tokens.dimensions,
    pooling,
  });
  return pooledOf(await openSession(await append(path, pooledPath, fragment), options))!;
}

/** Null if the model gives token vectors only. */
function pooledOf(opened: OpenSession): PooledModel | null {
  const dense = outputOf(opened.session, 2, DENSE_OUTPUTS);
  return dense === null ? null : { ...opened, output: dense.name, dimensions: dense.dimensions };
}

/** The first output of so many axes, of the names first. */
function outputOf(
  session: InferenceSession,
  axes: number,
  names: readonly string[] = ["last_hidden_state", "token_embeddings", ...session.outputNames],
): { name: string; dimensions: number } | null {
  for (const name of names) {
    const output = session.outputMetadata.find((metadata) => metadata.name === name);
    if (output?.isTensor !== true || output.shape.length !== axes) continue;
    return { name, dimensions: Number(output.shape.at(-1)) };
  }
  return null;
}

async function isNewer(path: string, than: string): Promise<boolean> {
  try {
    const [file, other] = await Promise.all([Deno.stat(path), Deno.stat(than)]);
    return file.mtime !== null && other.mtime !== null && file.mtime >= other.mtime;
  } catch {
    return false;
  }
}

/**
 * Appends to a copy of the model. It lies in the same folder, because a model may keep its weights
 * in further files there.
 *
 * @returns the copy's path, or its bytes where the folder can't be written
 */
async function append(
  path: string,
  copyPath: string,
  fragment: Uint8Array,
): Promise<string | Uint8Array> {
  // Another process may be doing the same: each writes its own, and the last one's stays.
  const partPath = `${copyPath}.${crypto.randomUUID()}.part`;
  try {
    await Deno.copyFile(path, partPath);
    await Deno.writeFile(partPath, fragment, { append: true });
    await Deno.rename(partPath, copyPath);
    return copyPath;
  } catch {
    await Deno.remove(partPath).catch(() => {});
    const bytes = await Deno.readFile(path);
    const whole = new Uint8Array(bytes.length + fragment.length);
    whole.set(bytes);
    whole.set(fragment, bytes.length);
    return whole;
  }
}
