/** Small models for tests: what a real one has in inputs, outputs and files, without its weights. */
import { join } from "node:path";
import { ProtobufWriter } from "./protobuf.ts";

/** Words of {@linkcode tinyTokenizer}, by their ids; the special tokens come first. */
export const WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "green", "blue", "car", "house"];

/** A word-level tokenizer in the `tokenizer.json` format, which puts `[CLS]` and `[SEP]` around. */
export function tinyTokenizer(): string {
  const special = (id: number) => ({
    id,
    content: WORDS[id],
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [0, 1, 2, 3].map(special),
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Whitespace" },
    post_processor: {
      type: "TemplateProcessing",
      single: [token("[CLS]"), { Sequence: { id: "A", type_id: 0 } }, token("[SEP]")],
      pair: [],
      special_tokens: {
        "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
        "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
      },
    },
    decoder: null,
    model: {
      type: "WordLevel",
      vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
      unk_token: "[UNK]",
    },
  });
}

/** The vector that {@linkcode tinyEncoder} gives a token. */
export function tokenVector(id: number, dimensions: number): number[] {
  return Array.from({ length: dimensions }, (_, i) => Math.sin(id * 7 + i + 1));
}

/**
 * An encoder in ONNX that looks its tokens' vectors up: `input_ids` and `attention_mask`, int64
 * [batch, length], to `last_hidden_state`, float [batch, length, dimensions].
 *
 * @param options.withSparse gives `sparse_vecs` too, float [batch, length, 1]: the first of a
 *   vector's values, or 0 where that is negative
 */
export function tinyEncoder(
  { dimensions, withSparse = false, opset = 13 }: {
    dimensions: number;
    withSparse?: boolean;
    opset?: number;
  },
): Uint8Array<ArrayBuffer> {
  const table = WORDS.flatMap((_, id) => tokenVector(id, dimensions));
  const initializer =
    (name: string, dims: number[], type: number, raw: ArrayBuffer) => (tensor: ProtobufWriter) => {
      for (const dim of dims) tensor.integer(1, dim);
      tensor.integer(2, type).text(8, name).bytes(9, new Uint8Array(raw));
    };
  const node =
    (opType: string, inputs: string[], output: string, axis?: number) =>
    (message: ProtobufWriter) => {
      for (const input of inputs) message.text(1, input);
      message.text(2, output).text(4, opType);
      if (axis === undefined) return;
      message.message(5, (attribute) => attribute.text(1, "axis").integer(3, axis).integer(20, 2));
    };
  const value =
    (name: string, type: number, dims: (string | number)[]) => (message: ProtobufWriter) => {
      message.text(1, name).message(
        2,
        (outer) =>
          outer.message(1, (tensor) =>
            tensor.integer(1, type).message(2, (shape) => {
              for (const dim of dims) {
                shape.message(
                  1,
                  (entry) => typeof dim === "number" ? entry.integer(1, dim) : entry.text(2, dim),
                );
              }
            })),
      );
    };
  const FLOAT = 1;
  const INT64 = 7;
  const model = new ProtobufWriter()
    .integer(1, 8)
    .message(8, (domain) => domain.text(1, "").integer(2, opset))
    .message(7, (graph) => {
      graph
        .message(1, node("Gather", ["table", "input_ids"], "last_hidden_state", 0))
        .text(2, "tiny_encoder")
        .message(
          5,
          initializer(
            "table",
            [WORDS.length, dimensions],
            FLOAT,
            Float32Array.from(table).buffer,
          ),
        )
        .message(11, value("input_ids", INT64, ["batch", "length"]))
        .message(11, value("attention_mask", INT64, ["batch", "length"]))
        .message(12, value("last_hidden_state", FLOAT, ["batch", "length", dimensions]));
      if (!withSparse) return;
      graph
        .message(1, node("Gather", ["last_hidden_state", "first"], "first_values", 2))
        .message(1, node("Relu", ["first_values"], "sparse_vecs"))
        .message(5, initializer("first", [1], INT64, BigInt64Array.of(0n).buffer))
        .message(12, value("sparse_vecs", FLOAT, ["batch", "length", 1]));
    });
  return model.finish();
}

/** A folder with a tiny model in the layout of sentence-transformers; removed at the end. */
export async function tinyModelFolder(
  { dimensions = 8, withSparse = false, pooling = "cls", maxTokens = 16 }: {
    dimensions?: number;
    withSparse?: boolean;
    pooling?: "cls" | "mean" | "max";
    maxTokens?: number;
  } = {},
) {
  const folder = await Deno.makeTempDir({ prefix: "collider-model-" });
  const modelPath = join(folder, "model.onnx");
  const tokenizerPath = join(folder, "tokenizer.json");
  await Deno.mkdir(join(folder, "1_Pooling"));
  await Promise.all([
    Deno.writeFile(modelPath, tinyEncoder({ dimensions, withSparse })),
    Deno.writeTextFile(tokenizerPath, tinyTokenizer()),
    Deno.writeTextFile(
      join(folder, "1_Pooling", "config.json"),
      JSON.stringify({
        pooling_mode_cls_token: pooling === "cls",
        pooling_mode_mean_tokens: pooling === "mean",
        pooling_mode_max_tokens: pooling === "max",
      }),
    ),
    Deno.writeTextFile(
      join(folder, "sentence_bert_config.json"),
      JSON.stringify({ max_seq_length: maxTokens }),
    ),
  ]);
  return {
    folder,
    settings: { modelPath, tokenizerPath, device: "cpu", threads: 1, batchTokens: 64 } as const,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** An output of {@linkcode constantModel}. */
export interface ConstantOutput {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/**
 * A network that takes a picture, float [1, 3, height, width], and always gives the same.
 *
 * @param input its size
 */
export function constantModel(
  input: { readonly width: number; readonly height: number },
  outputs: readonly ConstantOutput[],
): Uint8Array<ArrayBuffer> {
  const FLOAT = 1;
  const value = (name: string, dims: readonly number[]) => (message: ProtobufWriter) =>
    message.text(1, name).message(
      2,
      (outer) =>
        outer.message(1, (tensor) =>
          tensor.integer(1, FLOAT).message(2, (shape) => {
            for (const dim of dims) shape.message(1, (entry) => entry.integer(1, dim));
          })),
    );
  return new ProtobufWriter()
    .integer(1, 8)
    .message(8, (opset) => opset.text(1, "").integer(2, 13))
    .message(7, (graph) => {
      graph.text(2, "constant").message(11, value("x", [1, 3, input.height, input.width]));
      for (const { name, dims, values } of outputs) {
        graph
          .message(1, (node) => node.text(1, `${name}_value`).text(2, name).text(4, "Identity"))
          .message(5, (tensor) => {
            for (const dim of dims) tensor.integer(1, dim);
            tensor.integer(2, FLOAT).text(8, `${name}_value`);
            tensor.bytes(9, new Uint8Array(values.buffer));
          })
          .message(12, value(name, dims));
      }
    })
    .finish();
}
