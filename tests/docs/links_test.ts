import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname!, "..", "..");
const FENCED = /^(`{3,}).*\n[^]*?^\1$/gm;
const LINK = /\]\(([^)\s]+)\)/g;
const CODE_PATH =
  /`((?:cli|tui|gateway|llm|models|collider|ffi|bench|tests|release|docs)\/[\w./-]+)`/g;

const documents = ["README.md", ...documentsIn("docs")];

Deno.test("links in the documents lead to files and headings that are there", async () => {
  const broken = [];
  for (const path of documents) {
    for (const [, target] of (await textOf(path)).matchAll(LINK)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [file, heading] = target!.split("#");
      const to = file === "" ? path : relative(ROOT, join(ROOT, dirname(path), file!));
      if (!await isThere(to)) broken.push(`${path}: ${target}`);
      else if (heading !== undefined && !headingsOf(await textOf(to)).includes(heading)) {
        broken.push(`${path}: ${target}`);
      }
    }
  }
  assert.deepEqual(broken, []);
});

Deno.test("files and folders that the documents name are there", async () => {
  const missing = [];
  for (const path of documents) {
    for (const [, named] of (await textOf(path)).matchAll(CODE_PATH)) {
      if (!await isThere(named!)) missing.push(`${path}: ${named}`);
    }
  }
  assert.deepEqual(missing, []);
});

Deno.test("the README leads to every document", async () => {
  const readme = await textOf("README.md");
  assert.deepEqual(documents.slice(1).filter((path) => !readme.includes(`(${path})`)), []);
});

function documentsIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(join(ROOT, folder)), ({ name }) => `${folder}/${name}`)
    .filter((path) => path.endsWith(".md")).sort();
}

/** Without its fenced blocks. */
async function textOf(path: string): Promise<string> {
  return (await Deno.readTextFile(join(ROOT, path))).replaceAll(FENCED, "");
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(join(ROOT, path));
    return true;
  } catch {
    return false;
  }
}

/** The anchors of a document's headings, as GitHub makes them. */
function headingsOf(text: string): string[] {
  return Array.from(
    text.matchAll(/^#+ (.+)$/gm),
    ([, title]) => title!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-"),
  );
}
