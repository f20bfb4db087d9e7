/** How much is logged: each level includes those after it. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

/** `pretty` for people, `json` (one object a line) for collectors. */
export const LOG_FORMATS = ["pretty", "json"] as const;
export type LogFormat = typeof LOG_FORMATS[number];

/** What a log line says besides its message. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** A line of the log as it is kept. */
export interface LogLine {
  /** 1, 2, 3, … */
  readonly seq: number;
  /** ISO 8601. */
  readonly time: string;
  readonly level: Exclude<LogLevel, "silent">;
  readonly message: string;
  readonly fields: LogFields;
}

const KEPT_LINES = 2_000;

/**
 * Writes structured log lines to standard error, so that standard output stays for data, and keeps
 * the newest 2,000 for those who ask later.
 */
export class Log {
  readonly #kept: LogLine[] = [];
  #lastSeq = 0;
  readonly #threshold: number;
  readonly #format: LogFormat;
  readonly #write: (line: string) => void;

  constructor(
    options: { level?: LogLevel; format?: LogFormat; write?: (line: string) => void } = {},
  ) {
    this.#threshold = LOG_LEVELS.indexOf(options.level ?? "info");
    this.#format = options.format ?? "pretty";
    this.#write = options.write ?? writeToStandardError;
  }

  /** The number of the newest line; 0 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The newest of the lines after the one with number `afterSeq` that are still kept, oldest first. */
  linesAfter(afterSeq: number, limit: number): LogLine[] {
    return this.#kept.filter(({ seq }) => seq > afterSeq).slice(-limit);
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#log("error", message, fields);
  }

  #log(level: Exclude<LogLevel, "silent">, message: string, fields: LogFields): void {
    if (LOG_LEVELS.indexOf(level) < this.#threshold) return;
    const time = new Date().toISOString();
    this.#kept.push({ seq: ++this.#lastSeq, time, level, message, fields });
    if (this.#kept.length > KEPT_LINES) this.#kept.shift();
    this.#write(
      this.#format === "json"
        ? JSON.stringify({ time, level, message, ...fields })
        : `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${message}${
          prettyFields(fields)
        }`,
    );
  }
}

function prettyFields(fields: LogFields): string {
  return Object.entries(fields)
    .map(([name, value]) => `  ${name}=${JSON.stringify(value)}`)
    .join("");
}

const encoder = new TextEncoder();

/** Writes a line of the log for whoever started the process. */
export function writeToStandardError(line: string): void {
  try {
    // Synchronously: a line about a failure must be out before the process ends.
    Deno.stderr.writeSync(encoder.encode(`${line}\n`));
  } catch {
    // Its reader is gone, or its disk is full: no reason to stop taking events in.
  }
}
