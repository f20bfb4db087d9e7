const UNITS = ["", "k", "M", "G", "T"];

/** A whole number with its thousands apart: `10,000,000`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** How many there are of something: `1 line`, `2,000 lines`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A number in about three digits: `950`, `12.3k`, `4.56M`. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) < 1) return value === 0 ? "0" : value.toPrecision(2);
  const power = powerOf(Math.abs(value));
  return threeDigits(value / 1000 ** power) + UNITS[power];
}

/** Bytes in units of 1,000: `4.22 GB`. */
export function bytes(value: number): string {
  const power = powerOf(value);
  return `${threeDigits(value / 1000 ** power)} ${UNITS[power]}B`;
}

/** A duration: `850 µs`, `12.3 ms`, `4.56 s`, `2 h 05 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds === 0) return "0 s";
  if (seconds < 1e-3) return `${threeDigits(seconds * 1e6)} µs`;
  if (seconds < 1) return `${threeDigits(seconds * 1e3)} ms`;
  if (seconds < 60) return `${threeDigits(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(Math.floor(seconds % 60))} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${pad(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A share from 0 to 1: `37 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A time of day in UTC, to the millisecond. */
export function timeOfDay(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(11, 23);
}

/** A date and time in UTC, to the second. */
export function dateTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

function powerOf(value: number): number {
  if (value < 1) return 0;
  return Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
}

function threeDigits(value: number): string {
  const decimals = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = value.toFixed(decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
