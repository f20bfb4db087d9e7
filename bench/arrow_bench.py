#!/usr/bin/env python3
"""Prints how many rows per second DuckDB's own client exports as Arrow.

arrow_bench.py <database> <query> <threads>
"""

from __future__ import annotations

import sys
import time

import duckdb


def main() -> None:
    path, query, threads = sys.argv[1:]
    connection = duckdb.connect(path, read_only=True, config={"threads": int(threads)})
    connection.execute(query).to_arrow_table()  # reads the file, and loads PyArrow
    started = time.perf_counter()
    table = connection.execute(query).to_arrow_table()
    print(table.num_rows / (time.perf_counter() - started))


if __name__ == "__main__":
    main()
