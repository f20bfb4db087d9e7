"""The floor of embedding: Python's onnxruntime and tokenizers on the same model and threads.

Reads `single` or `batched` from standard input, line by line, and answers with texts per second.
The first line is a JSON object: the model's folder, the threads, the texts, and how many run
together.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
import tokenizers


class Embedder:
    def __init__(self, folder: Path, threads: int) -> None:
        self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def embed(self, texts: list[str]) -> np.ndarray:
        encodings = self.tokenizer.encode_batch(texts)
        mask = np.array([encoding.attention_mask for encoding in encodings], np.int64)
        inputs = {
            "input_ids": np.array([encoding.ids for encoding in encodings], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        tokens = self.session.run(["last_hidden_state"], inputs)[0]
        weights = mask[:, :, None].astype(np.float32)
        pooled = (tokens * weights).sum(axis=1) / weights.sum(axis=1)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    embedder = Embedder(Path(settings["folder"]), settings["threads"])
    texts, batch = settings["texts"], settings["batch"]
    # Texts of similar length together, as one would do it who cares for speed.
    by_length = sorted(texts, key=len)
    batches = {
        "single": [[text] for text in texts],
        "batched": [by_length[i : i + batch] for i in range(0, len(texts), batch)],
    }
    embedder.embed(by_length[:batch])
    for line in sys.stdin:
        started = time.perf_counter()
        for chosen in batches[line.strip()]:
            embedder.embed(chosen)
        print(len(texts) / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main()
