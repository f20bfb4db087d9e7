import assert from "node:assert/strict";
import type { Measurement } from "./measurement.ts";
import { formatJson, formatTable } from "./table.ts";

const SINGLE: Measurement = {
  name: "ingest.single",
  what: "durable POSTs",
  floorIs: "POSTs that keep nothing",
  value: 25_000,
  floor: 100_000,
  unit: "events/s",
  target: 0.35,
  extra: { p50_ms: 9, p99_ms: 20.5 },
  limits: { p99_ms: 30 },
};
const STORE: Measurement = {
  name: "store.append",
  what: "durable events",
  floorIs: "rows",
  value: 300_000,
  floor: 200_000,
  unit: "events/s",
  target: null,
};

Deno.test("formatTable lines numbers up and explains each measurement below it", () => {
  assert.deepEqual(formatTable([SINGLE, STORE]).split("\n"), [
    "               measured    floor  unit      ratio  target",
    "ingest.single    25,000  100,000  events/s   0.25    0.35",
    "  durable POSTs; floor: POSTs that keep nothing",
    "  p50_ms 9, p99_ms 20.5 (< 30)",
    "store.append    300,000  200,000  events/s   1.50",
    "  durable events; floor: rows",
  ]);
});

Deno.test("formatJson keys the measurements by name and adds what else was seen", () => {
  assert.deepEqual(JSON.parse(formatJson([SINGLE, STORE])), {
    "ingest.single": {
      value: 25_000,
      floor: 100_000,
      ratio: 0.25,
      unit: "events/s",
      p50_ms: 9,
      p99_ms: 20.5,
    },
    "store.append": { value: 300_000, floor: 200_000, ratio: 1.5, unit: "events/s" },
  });
});
