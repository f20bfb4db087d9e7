import assert from "node:assert/strict";
import type { Metrics, StageTimes } from "./answers.ts";
import { MetricsHistory, quantile } from "./metrics_history.ts";

function reading(uptime: number, ingested: number, stage?: StageTimes): Metrics {
  const stages = stage === undefined ? {} : { embed: stage };
  return { uptime_seconds: uptime, events_ingested: ingested, stages } as unknown as Metrics;
}

const ingested = ({ events_ingested }: Metrics) => events_ingested;

Deno.test("quantile interpolates within a bucket, as Prometheus does", () => {
  const times: StageTimes = {
    count: 100,
    sum_seconds: 0,
    buckets: [[0.5, 50], [1, 90], [null, 100]],
  };
  assert.equal(quantile(times, 0.25), 0.25);
  assert.equal(quantile(times, 0.7), 0.75);
  assert.equal(quantile(times, 0.99), 1, "nobody knows how much more");
  assert.ok(Number.isNaN(quantile({ ...times, count: 0 }, 0.5)));
});

Deno.test("MetricsHistory tells rates by the gateway's clock", () => {
  const history = new MetricsHistory();
  history.add(reading(100, 0));
  assert.equal(history.rate(ingested), 0);
  history.add(reading(100.5, 50));
  history.add(reading(102, 500));
  assert.deepEqual(history.rates(ingested), [100, 300]);
  assert.equal(history.rate(ingested), 250);
});

Deno.test("MetricsHistory tells the latency of the last seconds, not that of all time", () => {
  const history = new MetricsHistory();
  history.add(reading(0, 0, { count: 1_000, sum_seconds: 1, buckets: [[0.1, 1_000], [1, 1_000]] }));
  history.add(reading(5, 0, { count: 1_010, sum_seconds: 9, buckets: [[0.1, 1_000], [1, 1_010]] }));
  const { perSecond, p50 } = history.stage("embed");
  assert.equal(perSecond, 2);
  assert.equal(p50, 0.55);
  assert.ok(Number.isNaN(history.stage("unheard of").p99));
});

Deno.test("MetricsHistory begins anew with a gateway that was started anew", () => {
  const history = new MetricsHistory();
  history.add(reading(1_000, 9_000));
  history.add(reading(1, 10));
  history.add(reading(1, 10));
  assert.deepEqual(history.series(ingested), [10]);
});
