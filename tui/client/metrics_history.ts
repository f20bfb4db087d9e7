import type { Metrics, StageTimes } from "./answers.ts";

/** Readings that are kept. */
const MAX_READINGS = 600;

/** Percentiles and rates are those of this much of the past. */
const WINDOW_S = 10;

/** How a stage does at the moment. */
export interface StageRate {
  readonly perSecond: number;
  /** Seconds; NaN if nothing went through it. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** The readings of the metrics of the last minutes, by the gateway's own clock. */
export class MetricsHistory {
  #readings: Metrics[] = [];

  /** The newest reading; null before the first. */
  get latest(): Metrics | null {
    return this.#readings.at(-1) ?? null;
  }

  add(metrics: Metrics): void {
    const { latest } = this;
    // A gateway that was started anew counts from 0 again.
    if (latest !== null && metrics.uptime_seconds < latest.uptime_seconds) this.#readings = [];
    else if (metrics.uptime_seconds === latest?.uptime_seconds) return;
    this.#readings.push(metrics);
    if (this.#readings.length > MAX_READINGS) this.#readings.shift();
  }

  /** A value of each reading, oldest first. */
  series(pick: (metrics: Metrics) => number): number[] {
    return this.#readings.map(pick);
  }

  /** The growth of a counter per second, from each reading to the next, oldest first. */
  rates(pick: (metrics: Metrics) => number): number[] {
    return this.#readings.slice(1).map((metrics, i) => {
      const before = this.#readings[i]!;
      return (pick(metrics) - pick(before)) / (metrics.uptime_seconds - before.uptime_seconds);
    });
  }

  /** The growth of a counter per second in the last few seconds; 0 if there is only one reading. */
  rate(pick: (metrics: Metrics) => number): number {
    const [before, after] = this.#window();
    if (before === after || before === null || after === null) return 0;
    return (pick(after) - pick(before)) / (after.uptime_seconds - before.uptime_seconds);
  }

  /** How a stage has done in the last few seconds; since the gateway's start if it did nothing. */
  stage(name: string): StageRate {
    const [before, after] = this.#window();
    const now = after?.stages[name];
    if (now === undefined) return { perSecond: 0, p50: NaN, p95: NaN, p99: NaN };
    const then = before?.stages[name];
    const recent = then === undefined || then.count === now.count ? now : difference(now, then);
    return {
      perSecond: this.rate(({ stages }) => stages[name]?.count ?? 0),
      p50: quantile(recent, 0.5),
      p95: quantile(recent, 0.95),
      p99: quantile(recent, 0.99),
    };
  }

  /** The first reading of the window, and the last. */
  #window(): [Metrics | null, Metrics | null] {
    const { latest } = this;
    if (latest === null) return [null, null];
    const since = latest.uptime_seconds - WINDOW_S;
    return [this.#readings.find(({ uptime_seconds }) => uptime_seconds >= since)!, latest];
  }
}

/**
 * The value below which a share of all lies, in seconds, as good as the buckets tell: linear within
 * one, its lower bound in the last.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function quantile({ count, buckets }: StageTimes, share: number): number {
  if (count === 0) return NaN;
  const wanted = share * count;
  let [lowerBound, below] = [0, 0];
  for (const [upperBound, upTo] of buckets) {
    if (upTo >= wanted && upTo > below) {
      if (upperBound === null) return lowerBound;
      return lowerBound + (upperBound - lowerBound) * (wanted - below) / (upTo - below);
    }
    [lowerBound, below] = [upperBound ?? lowerBound, upTo];
  }
  return lowerBound;
}

function difference(now: StageTimes, then: StageTimes): StageTimes {
  return {
    count: now.count - then.count,
    sum_seconds: now.sum_seconds - then.sum_seconds,
    buckets: now.buckets.map(([bound, count], i) =>
      [bound, count - (then.buckets[i]?.[1] ?? 0)] as const
    ),
  };
}
