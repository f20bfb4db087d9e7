import { type Measurement, ratioOf } from "./measurement.ts";

const HEADINGS = ["", "measured", "floor", "unit", "ratio", "target"];
/** Columns of text; the others hold numbers, which line up on the right. */
const TEXT_COLUMNS = new Set([0, 3]);

/** The measurements as an aligned table, each followed by lines that explain it. */
export function formatTable(measurements: readonly Measurement[]): string {
  const rows = [HEADINGS, ...measurements.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      TEXT_COLUMNS.has(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
    ).join("  ").trimEnd()
  );
  const [heading, ...values] = lines;
  const explained = values.flatMap((line, i) => {
    const { what, floorIs, extra = {}, limits = {} } = measurements[i]!;
    const seen = Object.entries(extra).map(([key, number]) => {
      const limit = limits[key];
      return `${key} ${formatNumber(number)}${limit === undefined ? "" : ` (< ${limit})`}`;
    });
    const seenLines = seen.length === 0 ? [] : [`  ${seen.join(", ")}`];
    return [line, `  ${what}; floor: ${floorIs}`, ...seenLines];
  });
  return [heading, ...explained].join("\n");
}

/** The measurements as one JSON object, by name. */
export function formatJson(measurements: readonly Measurement[]): string {
  const byName = measurements.map((measurement) => {
    const { name, value, floor, unit, extra } = measurement;
    const ratio = round(ratioOf(measurement));
    return [name, { value: round(value), floor: round(floor), ratio, unit, ...extra }] as const;
  });
  return JSON.stringify(Object.fromEntries(byName));
}

function cellsOf(measurement: Measurement): string[] {
  const { name, value, floor, unit, target } = measurement;
  return [
    name,
    formatNumber(value),
    formatNumber(floor),
    unit,
    ratioOf(measurement).toFixed(2),
    target?.toFixed(2) ?? "",
  ];
}

function formatNumber(number: number): string {
  return number.toLocaleString("en-US", { maximumFractionDigits: Math.abs(number) < 100 ? 2 : 0 });
}

function round(number: number): number {
  return Number(number.toPrecision(6));
}
