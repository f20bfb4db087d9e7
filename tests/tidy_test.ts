import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";

const ROOT = new URL("..", import.meta.url).pathname;

/** The rooms from top to bottom: each may import from itself and from those after it. */
const ROOMS = [
  "main.ts",
  "cli",
  "bench",
  "tui",
  "gateway/api",
  "gateway/pipeline",
  "gateway/export",
  "gateway/store",
  "gateway/event",
  "llm",
  "models",
  "collider",
  "ffi",
];
interface Import {
  readonly from: string;
  readonly to: string;
}

Deno.test("imports only point downwards through the rooms", async () => {
  const imports = await listImports();
  assert.ok(imports.length > 50, `only ${imports.length} imports found`);
  const upwards = imports.filter(({ from, to }) => {
    const fromRoom = roomOf(from);
    const toRoom = roomOf(to);
    if (fromRoom === null || fromRoom === toRoom) return false;
    // What the program does not bring along of the benchmarks uses what the tests set up.
    if (toRoom === null) return fromRoom !== "bench";
    return ROOMS.indexOf(toRoom) < ROOMS.indexOf(fromRoom);
  });
  assert.deepEqual(upwards, []);
});

Deno.test("only the store speaks SQL, and what it is measured against", async () => {
  const speakers = [];
  for await (const file of sourceFiles(ROOT)) {
    if (["gateway/store", "bench", null].includes(roomOf(file))) continue;
    const source = await Deno.readTextFile(join(ROOT, file));
    if (/@duckdb\/|\b(SELECT .* FROM|INSERT INTO)\b/.test(source)) speakers.push(file);
  }
  assert.deepEqual(speakers, []);
});

function roomOf(file: string): string | null {
  return ROOMS.find((room) => file === room || file.startsWith(`${room}/`)) ?? null;
}

async function listImports(): Promise<Import[]> {
  const imports: Import[] = [];
  for await (const file of sourceFiles(ROOT)) {
    if (file.endsWith("_test.ts")) continue;
    const source = await Deno.readTextFile(join(ROOT, file));
    for (const [, path] of source.matchAll(/(?:from|import\(|URL\()\s*"(\.{1,2}\/[^"]+\.ts)"/g)) {
      imports.push({ from: file, to: relative(ROOT, join(ROOT, dirname(file), path!)) });
    }
  }
  return imports;
}

async function* sourceFiles(directory: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory && !entry.name.startsWith(".") && entry.name !== "node_modules") {
      yield* sourceFiles(path);
    } else if (entry.name.endsWith(".ts")) {
      yield relative(ROOT, path);
    }
  }
}
