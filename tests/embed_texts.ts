/**
 * Embeds the texts of a JSON array on standard input by an ONNX model, and writes the vectors as
 * 32-bit floats, 1,024 a text, to standard output: `embed_texts.ts <model.onnx> <tokenizer.json>`.
 */
import { EMBEDDING_DIMENSIONS } from "../collider/layout.ts";
import { OnnxEmbedder } from "../models/onnx/onnx_embedder.ts";

const [modelPath, tokenizerPath] = Deno.args as [string, string];
const embedder = await OnnxEmbedder.open({
  modelPath,
  tokenizerPath,
  device: "cpu",
  threads: 2,
  batchTokens: 4_096,
});
const texts: string[] = await new Response(Deno.stdin.readable).json();
const floats = new Float32Array(texts.length * EMBEDDING_DIMENSIONS);
await embedder.embed(texts, floats, texts.map((_, i) => i * EMBEDDING_DIMENSIONS));
await new Blob([floats]).stream().pipeTo(Deno.stdout.writable);
