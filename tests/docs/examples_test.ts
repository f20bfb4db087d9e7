import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { OCR_SETTINGS } from "../../models/ocr/fixtures.ts";
import { type Example, readExamples } from "./document.ts";
import { ExampleRoom } from "./example_room.ts";
import { startLanguageModel } from "./language_model.ts";

const ROOT = join(import.meta.dirname!, "..", "..");
const GLINER = join(ROOT, "tests", "fixtures", "gliner");

/** How many examples of each document can't be run here. None may be added without being seen. */
const NOT_RUN: Readonly<Record<string, number>> = {
  "README.md": 2,
  "docs/benchmarks.md": 2,
  "docs/command-line.md": 2,
  "docs/contributing.md": 1,
  "docs/dashboard.md": 1,
  "docs/getting-started.md": 1,
  "docs/models.md": 1,
  "docs/operations.md": 4,
  "docs/tutorial.md": 2,
};
/** Further flags of the gateway, where a document needs more than a language model. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  "docs/models.md": [
    ...["--ocr-det-model", OCR_SETTINGS.detectionPath],
    ...["--ocr-rec-model", OCR_SETTINGS.recognitionPath],
    ...["--ocr-dictionary", OCR_SETTINGS.dictionaryPath],
    ...["--gliner-model", join(GLINER, "model.onnx")],
    ...["--gliner-tokenizer", join(GLINER, "tokenizer.json")],
    ...["--gliner-config", join(GLINER, "gliner_config.json")],
  ],
  "docs/tutorial.md": ["--chat-executes"],
};

const documents = ["README.md", ...documentsBelow(join(ROOT, "docs"))].sort().map((path) => ({
  path,
  examples: readExamples(Deno.readTextFileSync(join(ROOT, path))),
}));

for (const { path, examples } of documents) {
  if (!examples.some(isPerformed)) continue;
  Deno.test({
    name: `the examples in ${path} do what it shows`,
    // They are written for a POSIX shell.
    ignore: Deno.build.os === "windows",
    fn: async () => {
      await using model = startLanguageModel();
      await using room = await ExampleRoom.open({
        // That model knows no embeddings.
        flags: ["--llm-base-url", model.baseUrl, "--embedder", "hashing", ...FLAGS[path] ?? []],
      });
      for (const example of examples) {
        try {
          await room.perform(example);
        } catch (cause) {
          throw new Error(`${path}:${example.line}: ${(cause as Error).message}`, { cause });
        }
      }
    },
  });
}

Deno.test("no example is left out without being counted", () => {
  const counts = documents
    .map(({ path, examples }) => [path, examples.filter(isLeftOut).length] as const)
    .filter(([, count]) => count > 0);
  assert.deepEqual(Object.fromEntries(counts), NOT_RUN);
});

function isLeftOut({ role }: Example): boolean {
  return role.kind === "not run";
}

function isPerformed(example: Example): boolean {
  return example.role.kind !== "shown" && !isLeftOut(example);
}

function documentsBelow(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder))
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => relative(ROOT, join(folder, name)));
}
