"""Arrow batches; skipped where pyarrow is not installed."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any

import pytest

from consumer import FIELDS, PhysicsConsumer
from ring_writer import RingWriter

pa: Any = pytest.importorskip("pyarrow")


def test_batch_has_a_typed_column_per_field(writer: RingWriter) -> None:
    writer.publish_many(1)
    with PhysicsConsumer(writer.path) as reader:
        batch = reader.to_arrow(reader.read_batch(1))
    batch.validate(full=True)
    schema = batch.schema
    assert schema.names == list(FIELDS)
    assert schema.field("semantic").type == pa.list_(pa.float32(), 1024)
    assert schema.field("spin").type == pa.list_(pa.float32(), 4)
    assert schema.field("event_id").type == pa.binary(16)
    assert schema.field("conversation_hash").type == pa.uint64()
    assert schema.field("timestamp_us").type == pa.timestamp("us", tz="UTC")


def test_values_survive_the_conversion(writer: RingWriter) -> None:
    event_id = uuid.uuid4()
    writer.publish_many(2)
    writer.publish(
        semantic=range(1024),
        spin=[0.5, 0.5, 0.5, -0.5],
        event_id=list(event_id.bytes),
        conversation_hash=2**64 - 1,
        intent_id=-1,
        sentiment=0.25,
        timestamp_us=1_700_000_000_000_001,
    )
    with PhysicsConsumer(writer.path) as reader:
        row = reader.to_arrow(reader.read_batch(3)).to_pylist()[2]
    assert row["frame_id"] == 2
    assert row["semantic"] == list(range(1024))
    assert row["spin"] == [0.5, 0.5, 0.5, -0.5]
    assert row["event_id"] == event_id.bytes
    assert (row["conversation_hash"], row["intent_id"], row["sentiment"]) == (2**64 - 1, -1, 0.25)
    assert row["timestamp_us"] == datetime(2023, 11, 14, 22, 13, 20, 1, tzinfo=timezone.utc)


def test_no_frames_make_an_empty_batch(writer: RingWriter) -> None:
    with PhysicsConsumer(writer.path) as reader:
        batch = reader.to_arrow(reader.read_batch(3))
    assert (batch.num_rows, batch.num_columns) == (0, len(FIELDS))
