import { env, InferenceSession } from "onnxruntime-node";
import { lowerThreadPriority } from "../../ffi/thread_priority.ts";
import { type Device, devicesToTry, PROVIDER, type UsedDevice } from "./device.ts";
import { DeviceUnavailableError, ModelFileError } from "./errors.ts";

/** How {@linkcode openSession} opens a model. */
export interface SessionOptions {
  readonly device: Device;
  /** Threads of one inference; 0 = as many as the machine has cores. */
  readonly threads: number;
  /** What to do about a bad file. @default to pull or verify the model */
  readonly hint?: string;
}

/** A model that is ready to run. */
export interface OpenSession {
  readonly session: InferenceSession;
  /** What it runs on. */
  readonly device: UsedDevice;
}

// What it would print is thrown too, and devices that are not there are no news.
env.logLevel = "fatal";

const OPSET_HINT = "export the model with an older opset, or install a newer Collider";
const DEFAULT_HINT = "check the path, or install the model again with `collider models pull`";

/**
 * Opens an ONNX model on the first device that works.
 *
 * @param model path, or the bytes of the file
 * @throws {ModelFileError} if it is missing, damaged, or no ONNX model that this program can run
 * @throws {DeviceUnavailableError} if the device that was asked for can't run it
 */
export async function openSession(
  model: string | Uint8Array,
  { device, threads, hint = DEFAULT_HINT }: SessionOptions,
): Promise<OpenSession> {
  const name = typeof model === "string" ? model : "the model";
  if (typeof model === "string") await assertIsFile(model, hint);
  // What answers requests goes before what infers; the session's threads inherit it.
  lowerThreadPriority();
  const candidates = devicesToTry(device, Deno.build.os);
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      return { session: await create(model, candidate, threads), device: candidate };
    } catch (cause) {
      failure = cause;
    }
  }
  const reason = reasonOf(failure as Error);
  // On the processor every model runs that is one at all.
  if (candidates.at(-1) === "cpu") {
    throw new ModelFileError(`${name} can't be loaded: ${reason}`, {
      hint: /\bopset\b/i.test(reason) ? OPSET_HINT : hint,
      cause: failure,
    });
  }
  throw new DeviceUnavailableError(`${device} can't run ${name}: ${reason}`, {
    hint: "choose --device auto or cpu, or install the device's libraries",
    cause: failure,
  });
}

/** What ONNX Runtime says, without the name of the file and the place in its sources. */
function reasonOf({ message }: Error): string {
  const [line] = message.split("\n", 1);
  return line!
    .replace(/^Load model from .* failed:/, "")
    .replace(/^\/\S+\.(?:h|cc):\d+ .*?\) (?=\S)/, "");
}

async function create(
  model: string | Uint8Array,
  device: UsedDevice,
  threads: number,
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [PROVIDER[device]],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // It plans memory for inputs of one shape; those of texts and pages differ each time.
    enableMemPattern: false,
    // What it would print is thrown too, and would end up between the dashboard's lines.
    logSeverityLevel: 4,
  };
  return typeof model === "string"
    ? await InferenceSession.create(model, options)
    : await InferenceSession.create(model, options);
}

async function assertIsFile(path: string, hint: string): Promise<void> {
  const problem = await Deno.stat(path).then(
    ({ isFile, size }) => !isFile ? "is no file" : size === 0 ? "is empty" : null,
    (cause) => cause instanceof Deno.errors.NotFound ? "is missing" : String(cause.message),
  );
  if (problem !== null) throw new ModelFileError(`the model ${path} ${problem}`, { hint });
}
