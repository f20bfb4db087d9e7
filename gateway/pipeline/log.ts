/** How much is logged: each level includes those after it. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

/** `pretty` for people, `json` (one object a line) for collectors. */
export const LOG_FORMATS = ["pretty", "json"] as const;
export type LogFormat = typeof LOG_FORMATS[number];

/** What a log line says besides its message. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Writes structured log lines to standard error, so that standard output stays for data. */
export class Log {
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

function writeToStandardError(line: string): void {
  // Synchronously: a line about a failure must be out before the process ends.
  Deno.stderr.writeSync(encoder.encode(`${line}\n`));
}
