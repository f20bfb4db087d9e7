import { ModelStore } from "../../models/catalogue/model_store.ts";
import { modelsDirectory } from "../data_directory.ts";
import type { ServeFlags } from "../serve_flags.ts";
import { broken, type Finding, ok, warning } from "./finding.ts";

/** The flags that name files, by their names on the command line. */
const FILE_FLAGS = {
  "embedding-model": "embeddingModel",
  "tokenizer-model": "tokenizerModel",
  "gliner-model": "glinerModel",
  "gliner-tokenizer": "glinerTokenizer",
  "gliner-config": "glinerConfig",
  "ocr-det-model": "ocrDetModel",
  "ocr-rec-model": "ocrRecModel",
  "ocr-dictionary": "ocrDictionary",
  "ocr-layout-model": "ocrLayoutModel",
  "ocr-table-model": "ocrTableModel",
  "document-schemas": "documentSchemas",
  "image-root": "imageRoot",
} as const satisfies Record<string, keyof ServeFlags>;

/** Whether the installed models are whole, and the configured files there. */
export async function checkModels(flags: ServeFlags): Promise<Finding[]> {
  const findings = await checkInstalled(new ModelStore(modelsDirectory(flags.dataDir)));
  for (const [flag, attribute] of Object.entries(FILE_FLAGS)) {
    const path = flags[attribute];
    // Addresses are downloaded by the gateway, when it starts.
    if (path === undefined || /^https?:\/\//.test(path) || await exists(path)) continue;
    findings.push(broken("models", `${path} is not there`, `correct --${flag}, or leave it out`));
  }
  return findings;
}

async function checkInstalled(store: ModelStore): Promise<Finding[]> {
  const models = await store.installed();
  if (models.length === 0) {
    return [warning(
      "models",
      "none is installed: events are embedded by hashing, entities and documents left alone",
      "run `collider models pull bge-m3 gliner-multi-v2.1 pp-ocrv5`",
    )];
  }
  return await Promise.all(models.map(async ({ name }) => {
    const problems = await store.verify(name);
    return problems.length === 0
      ? ok("models", `${name} is as it was installed`)
      : broken("models", `${name}: ${problems.join(", ")}`, `run \`collider models pull ${name}\``);
  }));
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
