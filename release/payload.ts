import type { EmbeddedFile } from "../ffi/extract_libraries.ts";

const MEGABYTE = 1_000_000;

/** Most that the executable may hold besides Deno's runtime. */
export const PAYLOAD_MAX_BYTES = 170 * MEGABYTE;

/** A package, or the program's own code and files. */
interface Part {
  readonly name: string;
  readonly files: number;
  readonly sizeBytes: number;
}

/** What the executable holds, by package, the largest first, as lines of text. */
export function payloadTable(files: readonly EmbeddedFile[]): string {
  const parts = [...Map.groupBy(files, ({ path }) => partOf(path))].map(([name, files]): Part => ({
    name,
    files: files.length,
    sizeBytes: totalBytes(files),
  }));
  parts.sort((a, b) => b.sizeBytes - a.sizeBytes);
  const total = { name: "total", files: files.length, sizeBytes: totalBytes(files) };
  return [...parts, total].map(({ name, files, sizeBytes }) =>
    `${(sizeBytes / MEGABYTE).toFixed(2).padStart(8)} MB ${
      String(files).padStart(5)
    } files  ${name}`
  ).join("\n");
}

/** The size of all files together. */
export function totalBytes(files: readonly EmbeddedFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function partOf(path: string): string {
  const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  return name ?? "collider";
}
