"""The gateway's Arrow streams of query results, read by PyArrow: every type that DuckDB has."""

from __future__ import annotations

import os
import subprocess
from datetime import date, datetime, time, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

pa: Any = pytest.importorskip("pyarrow", reason="pyarrow can't be installed here")

ROOT = Path(__file__).resolve().parents[2]
DENO = os.environ.get("COLLIDER_DENO", "deno")
INT64_MAX = 2**63 - 1
CAR = "🚗💨 naïve ½ 私の注文"

DICTIONARY = pa.dictionary(pa.uint8(), pa.string())
MEMBERS = pa.struct([("x", pa.int32()), ("y", pa.string())])

# Expressions with the Arrow type and the value that each must become.
VALUES: list[tuple[str, Any, Any]] = [
    ("true", pa.bool_(), True),
    ("false", pa.bool_(), False),
    ("(-128)::TINYINT", pa.int8(), -128),
    ("32767::SMALLINT", pa.int16(), 32767),
    ("(-2147483648)::INTEGER", pa.int32(), -(2**31)),
    ("9223372036854775807::BIGINT", pa.int64(), INT64_MAX),
    ("255::UTINYINT", pa.uint8(), 255),
    ("65535::USMALLINT", pa.uint16(), 65535),
    ("4294967295::UINTEGER", pa.uint32(), 2**32 - 1),
    ("18446744073709551615::UBIGINT", pa.uint64(), 2**64 - 1),
    ("(-170141183460469231731687303715884105728)::HUGEINT", pa.decimal128(38), Decimal(-(2**127))),
    ("170141183460469231731687303715884105727::HUGEINT", pa.decimal128(38), Decimal(2**127 - 1)),
    ("340282366920938463463374607431768211455::UHUGEINT", pa.decimal256(39), Decimal(2**128 - 1)),
    (f"'-{'9' * 60}'::BIGNUM", pa.string(), "-" + "9" * 60),
    ("'-3.5'::FLOAT", pa.float32(), -3.5),
    ("'infinity'::FLOAT", pa.float32(), float("inf")),
    ("1.7976931348623157e308::DOUBLE", pa.float64(), 1.7976931348623157e308),
    ("(-999.9)::DECIMAL(4, 1)", pa.decimal128(4, 1), Decimal("-999.9")),
    ("(-9999999.99)::DECIMAL(9, 2)", pa.decimal128(9, 2), Decimal("-9999999.99")),
    ("(-1e-17)::DECIMAL(18, 17)", pa.decimal128(18, 17), Decimal("-1e-17")),
    ("9999999999999999.99::DECIMAL(18, 2)", pa.decimal128(18, 2), Decimal("9999999999999999.99")),
    (f"(-{'9' * 38})::DECIMAL(38, 0)", pa.decimal128(38), Decimal("-" + "9" * 38)),
    ("'1969-12-31'::DATE", pa.date32(), date(1969, 12, 31)),
    ("'23:59:59.999999'::TIME", pa.time64("us"), time(23, 59, 59, 999_999)),
    ("'23:59:59.999999000'::TIME_NS", pa.time64("ns"), time(23, 59, 59, 999_999)),
    ("'12:34:56.5-08:30'::TIMETZ", pa.string(), "12:34:56.5-08:30"),
    ("'1969-12-31 23:59:59'::TIMESTAMP_S", pa.timestamp("s"), datetime(1969, 12, 31, 23, 59, 59)),
    ("'2020-02-29 01:02:03.004'::TIMESTAMP_MS", pa.timestamp("ms"),
     datetime(2020, 2, 29, 1, 2, 3, 4_000)),
    ("'2020-02-29 01:02:03.000004'::TIMESTAMP", pa.timestamp("us"),
     datetime(2020, 2, 29, 1, 2, 3, 4)),
    ("'2020-02-29 01:02:03.000004'::TIMESTAMP_NS", pa.timestamp("ns"),
     datetime(2020, 2, 29, 1, 2, 3, 4)),
    ("'2020-02-29 01:02:03.000004-03'::TIMESTAMPTZ", pa.timestamp("us", "UTC"),
     datetime(2020, 2, 29, 4, 2, 3, 4, tzinfo=timezone.utc)),
    ("INTERVAL '-14 months 3 days -1.5 seconds'", pa.month_day_nano_interval(),
     pa.MonthDayNano([-14, 3, -1_500_000_000])),
    ("'twelve bytes'", pa.string(), "twelve bytes"),
    ("'thirteen byte'", pa.string(), "thirteen byte"),
    ("''", pa.string(), ""),
    (f"'{CAR}'", pa.string(), CAR),
    (r"'\x00\xFF of a blob'::BLOB", pa.binary(), b"\x00\xff of a blob"),
    ("'1010100010'::BIT", pa.string(), "1010100010"),
    ("42::VARIANT", pa.string(), "42"),
    ("'POINT (1 2)'::GEOMETRY", pa.binary(),
     bytes.fromhex("0101000000000000000000f03f0000000000000040")),
    ("'high'::ENUM ('low', 'high')", DICTIONARY, "high"),
    ("[1, NULL, 3]", pa.list_(pa.int32()), [1, None, 3]),
    ("[]", pa.list_(pa.int32()), []),
    (f"[[NULL, '{CAR}'], NULL, []]", pa.list_(pa.list_(pa.string())), [[None, CAR], None, []]),
    ("[1.5, NULL]::DOUBLE[2]", pa.list_(pa.float64(), 2), [1.5, None]),
    ("[['a', NULL], NULL]::VARCHAR[2][2]", pa.list_(pa.list_(pa.string(), 2), 2),
     [["a", None], None]),
    ("{x: 1, y: NULL}", pa.struct([("x", pa.int32()), ("y", pa.int32())]), {"x": 1, "y": None}),
    (f"[{{x: 1, y: '{CAR}'}}, NULL]", pa.list_(MEMBERS), [{"x": 1, "y": CAR}, None]),
    ("{moods: ['high'::ENUM ('low', 'high'), NULL]}", pa.struct([("moods", pa.list_(DICTIONARY))]),
     {"moods": ["high", None]}),
    ("MAP {'k': [1], 'none': NULL}", pa.map_(pa.string(), pa.list_(pa.int32())),
     [("k", [1]), ("none", None)]),
    ("MAP {}", pa.map_(pa.int32(), pa.int32()), []),
    ("NULL", pa.int32(), None),
]  # fmt: skip


COLUMNS = [f"c{index}" for index in range(len(VALUES))]
EXPRESSIONS = ", ".join(f"{sql} AS {name}" for name, (sql, _, _) in zip(COLUMNS, VALUES))


def arrow_of(query: str) -> Any:
    """The query's result as PyArrow reads it."""
    program = subprocess.run(
        [DENO, "run", "--allow-all", "tests/query_to_arrow.ts"],
        cwd=ROOT, input=query.encode(), capture_output=True,
    )  # fmt: skip
    assert program.returncode == 0, program.stderr.decode()
    with pa.ipc.open_stream(program.stdout) as reader:
        table = reader.read_all()
    table.validate()
    return table


def test_every_type_and_value_arrives_beside_null() -> None:
    nulls = ", ".join("NULL" for _ in VALUES)
    table = arrow_of(f"SELECT {EXPRESSIONS} UNION ALL SELECT {nulls}")
    assert table.schema.names == COLUMNS
    for column, (sql, arrow_type, value) in zip(table.columns, VALUES):
        assert column.type == arrow_type, sql
        assert column.to_pylist() == [value, None], sql


def test_every_type_arrives_from_an_empty_result() -> None:
    table = arrow_of(f"SELECT {EXPRESSIONS} WHERE random() > 1")
    assert (table.num_rows, table.schema.names) == (0, COLUMNS)
    assert table.schema.types == [arrow_type for _, arrow_type, _ in VALUES]


def test_extension_types_are_named() -> None:
    uuid = UUID("00112233-4455-6677-8899-aabbccddeeff")
    table = arrow_of(
        f"""SELECT '{uuid}'::UUID AS id, {{id: '{uuid}'::UUID}} AS nested,
        '{{"a": [1]}}'::JSON AS json, 'POINT (1 2)'::GEOMETRY AS place"""
    )
    assert table.schema.field("id").type == pa.uuid()
    assert table.schema.field("json").type == pa.json_()
    metadata = table.schema.field("place").metadata
    assert metadata is not None and metadata[b"ARROW:extension:name"] == b"geoarrow.wkb"
    [row] = table.to_pylist()
    assert (row["id"], row["nested"], row["json"]) == (uuid, {"id": uuid}, '{"a": [1]}')


def test_unions_have_the_member_that_was_set() -> None:
    table = arrow_of(
        """SELECT unnest([union_value(n := 1)::UNION(n INTEGER, s VARCHAR),
        union_value(s := 'text'), NULL, union_value(n := NULL)]) AS u"""
    )
    fields = [pa.field("n", pa.int32()), pa.field("s", pa.string())]
    assert table.column("u").type == pa.sparse_union(fields)
    assert table.column("u").to_pylist() == [1, "text", None, None]
    assert table.column("u").chunk(0).type_codes.to_pylist() == [0, 1, 0, 0]


def test_rows_of_many_chunks_stay_in_order() -> None:
    count = 300_000
    table = arrow_of(
        f"""SELECT i, CASE WHEN i % 3 > 0 THEN i % 2 = 0 END AS flag,
        CASE WHEN i % 7 > 0 THEN repeat('x', (i % 31)::INTEGER) || i END AS text,
        CASE WHEN i % 5 > 0 THEN range(i, i + i % 4) END AS list,
        CASE WHEN i % 11 > 0 THEN {{a: i, b: CASE WHEN i % 2 = 0 THEN ['' || i] END}} END AS nested
        FROM range({count}) t(i)"""
    )
    assert table.column("i").num_chunks > 1
    table.validate(full=True)
    numbers = range(count)
    assert table.to_pydict() == {
        "i": list(numbers),
        "flag": [i % 2 == 0 if i % 3 else None for i in numbers],
        "text": ["x" * (i % 31) + str(i) if i % 7 else None for i in numbers],
        "list": [list(range(i, i + i % 4)) if i % 5 else None for i in numbers],
        "nested": [
            {"a": i, "b": [str(i)] if i % 2 == 0 else None} if i % 11 else None for i in numbers
        ],
    }


# Where DuckDB's own export is another one, and why.
OTHER_EXPORTS = {
    "uhugeint": "it wraps around to negative numbers",
    "bignum": "it is DuckDB's inner format",
    "time_tz": "it loses the offset",
    "bit": "it is DuckDB's inner format",
    "uuid": "it is text",
}


def test_all_types_arrive_as_duckdb_itself_exports_them() -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb can't be installed here")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    query = f"SELECT * EXCLUDE ({', '.join(OTHER_EXPORTS)}) FROM test_all_types()"
    theirs = connection.execute(query).to_arrow_table()
    ours = arrow_of(query)
    assert ours.schema.names == theirs.schema.names
    for field in theirs.schema:
        our_column, their_column = ours.column(field.name), theirs.column(field.name)
        assert our_column.type == field.type
        # PyArrow writes times that Python's types can't hold, and NaN, which is no equal of itself.
        assert our_column.cast(field.type).to_string() == their_column.to_string(), field.name
