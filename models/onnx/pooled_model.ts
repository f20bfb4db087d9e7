import type { InferenceSession } from "onnxruntime-node";
import { ModelFileError } from "./errors.ts";
import { POOLED_OUTPUT, type Pooling, poolingFragment } from "./pooling_graph.ts";
import { type OpenSession, openSession, type SessionOptions } from "./session.ts";

/** A model that gives one vector per text. */
export interface PooledModel extends OpenSession {
  /** Name of the output: float [batch, dimensions]. */
  readonly output: string;
  readonly dimensions: number;
  /** Whether the graph gives them the L2 norm 1; of models that pool themselves, some do. */
  readonly isNormalised: boolean;
}

/** Names under which models give one vector per text, and token vectors. */
const DENSE_OUTPUTS = [POOLED_OUTPUT, "dense_vecs", "sentence_embedding", "dense"];
const TOKEN_OUTPUTS = ["last_hidden_state", "token_embeddings"];

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
  const copy = await openCopy(pooledPath, path, options);
  if (copy !== null) return copy;
  const plain = await openSession(path, options);
  const ready = pooledOf(plain);
  if (ready !== null) return ready;
  const tokens = outputOf(plain.session, 3, [...TOKEN_OUTPUTS, ...plain.session.outputNames]);
  if (tokens === null) {
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

/** Opens the copy that was made earlier; null if it has to be made. */
async function openCopy(
  copyPath: string,
  path: string,
  options: SessionOptions,
): Promise<PooledModel | null> {
  if (!await isCopyOf(copyPath, path)) return null;
  try {
    return pooledOf(await openSession(copyPath, options));
  } catch (error) {
    if (error instanceof ModelFileError) return null; // the copy is damaged, not the model
    throw error;
  }
}

/** Null if the model gives token vectors only. */
function pooledOf(opened: OpenSession): PooledModel | null {
  const dense = outputOf(opened.session, 2, DENSE_OUTPUTS);
  // Vectors of half precision can't be written to a frame; pooling the tokens makes them whole.
  if (dense === null || dense.type !== "float32") return null;
  const { name, dimensions } = dense;
  return { ...opened, output: name, dimensions, isNormalised: name === POOLED_OUTPUT };
}

/** The first of the outputs that has so many axes, the last of them of a known length. */
function outputOf(
  { outputMetadata }: InferenceSession,
  axes: number,
  names: readonly string[],
): { name: string; type: string; dimensions: number } | null {
  for (const name of names) {
    const output = outputMetadata.find((metadata) => metadata.name === name);
    if (output?.isTensor !== true || output.shape.length !== axes) continue;
    const dimensions = output.shape.at(-1);
    if (typeof dimensions === "number" && dimensions > 0) {
      return { name, type: output.type, dimensions };
    }
  }
  return null;
}

/** A copy bears its original's time: whatever comes in the original's place has another. */
async function isCopyOf(copyPath: string, path: string): Promise<boolean> {
  try {
    const [copy, original] = await Promise.all([Deno.stat(copyPath), Deno.stat(path)]);
    return copy.mtime?.getTime() === original.mtime?.getTime();
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
    const { atime, mtime } = await Deno.stat(path);
    await Deno.copyFile(path, partPath);
    await Deno.writeFile(partPath, fragment, { append: true });
    await Deno.utime(partPath, atime!, mtime!);
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
