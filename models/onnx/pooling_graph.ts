import { ProtobufWriter } from "./protobuf.ts";

/** How the vectors of a text's tokens become one. */
export type Pooling = "cls" | "mean";

/** The output that {@linkcode poolingFragment} adds: float [batch, dimensions], L2 norm 1. */
export const POOLED_OUTPUT = "collider_dense";

/** Fields of the messages of ONNX's `onnx.proto`. */
const MODEL = { graph: 7 };
const GRAPH = { node: 1, initializer: 5, output: 12 };
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, i: 3, type: 20, typeInt: 2 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, typeInt64: 7 };
const VALUE_INFO = { name: 1, type: 2 };
const TYPE = { tensor: 1, elemType: 1, shape: 2, dim: 1, dimValue: 1, dimParam: 2 };
const FLOAT = 1;

/**
 * What must be appended to a serialized ONNX model so that it also gives one pooled, normalised
 * vector per text. A protocol buffer may be extended by concatenation: the parser merges the second
 * `graph` into the first.
 *
 * The mean is a sum here, since what follows divides by the norm: `attention_mask` [B, 1, L] times
 * the tokens [B, L, D], without the axes that opsets write differently.
 *
 * @param options.tokens name of the model's output of token vectors, [B, L, D]
 * @param options.dimensions D
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 * @see https://protobuf.dev/programming-guides/encoding/#last-one-wins
 */
export function poolingFragment(
  { tokens, dimensions, pooling }: {
    readonly tokens: string;
    readonly dimensions: number;
    readonly pooling: Pooling;
  },
): Uint8Array<ArrayBuffer> {
  const model = new ProtobufWriter();
  return model.message(MODEL.graph, (graph) => {
    const node = (
      opType: string,
      inputs: readonly string[],
      output: string,
      attributes: Readonly<Record<string, number>> = {},
    ) => addNode(graph, opType, inputs, output, attributes);

    node("Cast", [tokens], "collider_tokens", { to: FLOAT });
    if (pooling === "cls") {
      addInt64(graph, "collider_first", [], [0]);
      node("Gather", ["collider_tokens", "collider_first"], "collider_pooled", { axis: 1 });
    } else {
      addInt64(graph, "collider_row", [3], [0, 1, -1]);
      addInt64(graph, "collider_flat", [2], [0, dimensions]);
      node("Cast", ["attention_mask"], "collider_mask", { to: FLOAT });
      node("Reshape", ["collider_mask", "collider_row"], "collider_mask_row");
      node("MatMul", ["collider_mask_row", "collider_tokens"], "collider_sum");
      node("Reshape", ["collider_sum", "collider_flat"], "collider_pooled");
    }
    // Over the last axis by default, with p = 2.
    node("LpNormalization", ["collider_pooled"], POOLED_OUTPUT);
    graph.message(
      GRAPH.output,
      (output) =>
        output.text(VALUE_INFO.name, POOLED_OUTPUT).message(
          VALUE_INFO.type,
          (type) =>
            type.message(TYPE.tensor, (tensor) =>
              tensor.integer(TYPE.elemType, FLOAT).message(TYPE.shape, (shape) =>
                shape
                  .message(TYPE.dim, (dim) =>
                    dim.text(TYPE.dimParam, "collider_batch"))
                  .message(TYPE.dim, (dim) => dim.integer(TYPE.dimValue, dimensions)))),
        ),
    );
  }).finish();
}

function addNode(
  graph: ProtobufWriter,
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>>,
): void {
  graph.message(GRAPH.node, (node) => {
    for (const input of inputs) node.text(NODE.input, input);
    node.text(NODE.output, output).text(NODE.name, `${output}_node`).text(NODE.opType, opType);
    for (const [name, value] of Object.entries(attributes)) {
      node.message(NODE.attribute, (attribute) =>
        attribute
          .text(ATTRIBUTE.name, name)
          .integer(ATTRIBUTE.i, value)
          .integer(ATTRIBUTE.type, ATTRIBUTE.typeInt));
    }
  });
}

function addInt64(
  graph: ProtobufWriter,
  name: string,
  dims: readonly number[],
  values: readonly number[],
): void {
  graph.message(GRAPH.initializer, (tensor) => {
    for (const dim of dims) tensor.integer(TENSOR.dims, dim);
    const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    tensor
      .integer(TENSOR.dataType, TENSOR.typeInt64)
      .text(TENSOR.name, name)
      .bytes(TENSOR.rawData, raw);
  });
}
