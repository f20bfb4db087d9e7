import { ChainEmbedder } from "./chain_embedder.ts";
import type { AboutEmbedder, EmbedderChoice } from "./embed_messages.ts";
import type { Embedder } from "./embedder.ts";
import { ModelError, ModelUnavailableError } from "./errors.ts";
import { HashingEmbedder } from "./hashing_embedder.ts";

/**
 * Makes the embedders that can be made.
 *
 * @param choices the first that works is used
 * @throws {ModelError} if none can be made
 */
export async function openEmbedder(
  choices: readonly EmbedderChoice[],
): Promise<{ embedder: Embedder; about: AboutEmbedder }> {
  const embedders: { embedder: Embedder; device: string | null }[] = [];
  const failures: ModelError[] = [];
  for (const choice of choices) {
    try {
      embedders.push(await open(choice));
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      failures.push(error);
    }
  }
  const [first] = embedders;
  if (first === undefined) {
    throw failures[0] ?? new ModelUnavailableError("no embedder was chosen", {
      hint: "choose one with --embedder",
    });
  }
  return {
    embedder: embedders.length === 1
      ? first.embedder
      : new ChainEmbedder(embedders.map(({ embedder }) => embedder)),
    about: {
      names: embedders.map(({ embedder }) => embedder.name),
      device: first.device,
      problems: failures.map(({ message, hint }) => `${message}; ${hint}`),
    },
  };
}

async function open(
  choice: EmbedderChoice,
): Promise<{ embedder: Embedder; device: string | null }> {
  switch (choice.kind) {
    case "hashing":
      return { embedder: new HashingEmbedder(), device: null };
    // What the others are made of is not loaded before it is needed: that takes 60 ms and more.
    case "remote": {
      const { RemoteEmbedder } = await import("./remote_embedder.ts");
      return { embedder: new RemoteEmbedder(choice), device: null };
    }
    case "onnx": {
      const { OnnxEmbedder } = await import("./onnx/onnx_embedder.ts");
      const embedder = await OnnxEmbedder.open(choice);
      return { embedder, device: embedder.device };
    }
  }
}
