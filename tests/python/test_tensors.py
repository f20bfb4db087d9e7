"""PyTorch tensors and data sets; skipped where PyTorch is not installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import consumer
from consumer import FEATURES, PyTorchConsumer
from ring_writer import RingWriter

torch: Any = pytest.importorskip("torch")


def test_tensors_hold_the_frames_in_the_documented_feature_order(writer: RingWriter) -> None:
    scalars = FEATURES[:-4]
    values = {name: index + 1 for index, name in enumerate(scalars)}
    writer.publish(semantic=np.arange(1024), spin=[0.1, 0.2, 0.3, 0.4], **values)
    with PyTorchConsumer(writer.path) as reader:
        semantic, features = reader.read_batch_tensors(1)
    assert semantic.shape == (1, 1024) and semantic.dtype == torch.float32
    assert features.shape == (1, len(FEATURES)) and features.dtype == torch.float32
    assert semantic[0].tolist() == list(range(1024))
    assert features[0, :-4].tolist() == list(values.values())
    assert features[0, -4:].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_semantic_tensor_shares_the_memory_of_the_frames(writer: RingWriter) -> None:
    writer.publish_many(3)
    with PyTorchConsumer(writer.path) as reader:
        frames = reader.read_batch(3)
        semantic, _ = reader.to_tensors(frames)
    frames["semantic"][2, 5] = 77
    assert semantic[2, 5] == 77


def test_tensors_of_an_empty_ring_are_empty(writer: RingWriter) -> None:
    with PyTorchConsumer(writer.path) as reader:
        semantic, features = reader.read_batch_tensors(5)
    assert semantic.shape == (0, 1024)
    assert features.shape == (0, len(FEATURES))


def test_pytorch_command_summarises_the_tensors(
    writer: RingWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    writer.publish(velocity=2)
    writer.publish(velocity=4)
    assert consumer.main(["--path", writer.path, "--pytorch", "--batch", "50"]) == 0
    shown = capsys.readouterr().out
    assert "(2, 1024)" in shown
    velocity = next(line for line in shown.splitlines() if line.startswith("velocity"))
    assert velocity.split()[1:] == ["3", "2", "4"]


def test_dataset_gives_whole_batches_and_then_the_rest(writer: RingWriter) -> None:
    writer.publish_many(10)
    with PyTorchConsumer(writer.path, start="oldest") as reader:
        dataset = reader.dataset(batch_size=4, idle_timeout_s=0)
    batches = list(torch.utils.data.DataLoader(dataset, batch_size=None))
    assert [len(semantic) for semantic, _ in batches] == [4, 4, 2]
    assert torch.cat([semantic[:, 0] for semantic, _ in batches]).tolist() == list(range(10))


def test_dataset_refuses_batches_of_nothing(writer: RingWriter) -> None:
    with PyTorchConsumer(writer.path) as reader, pytest.raises(ValueError, match="batch_size"):
        reader.dataset(batch_size=0)


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_dataset_workers_share_the_frames_between_them(how: str, writer: RingWriter) -> None:
    writer.publish_many(12)
    with PyTorchConsumer(writer.path, start="oldest") as reader:
        dataset = reader.dataset(batch_size=3, idle_timeout_s=0)
    loader = torch.utils.data.DataLoader(
        dataset, batch_size=None, num_workers=2, multiprocessing_context=how
    )
    batches = [semantic[:, 0].int().tolist() for semantic, _ in loader]
    assert all(len({frame_id % 2 for frame_id in batch}) == 1 for batch in batches)
    assert sorted(sum(batches, [])) == list(range(12))


def test_dataset_warns_when_frames_were_lost(writer: RingWriter) -> None:
    writer.publish_many(16)
    with PyTorchConsumer(writer.path, start="oldest") as reader:
        batches = iter(reader.dataset(batch_size=4, idle_timeout_s=0))
        next(batches)
        writer.publish_many(36)
        with pytest.warns(UserWarning, match="lost 20 frames"):
            list(batches)
