import { type DocumentSchema, KEYWORDS_MIN } from "./document_schema.ts";

/** The kind of document whose words a text has most of; null if it has too few of any. */
export function chooseSchema(
  text: string,
  schemas: readonly DocumentSchema[],
): DocumentSchema | null {
  const plain = ` ${plainWords(text)} `;
  let best: DocumentSchema | null = null;
  let bestCount = KEYWORDS_MIN - 1;
  for (const schema of schemas) {
    const count = schema.keywords.filter((word) => plain.includes(` ${plainWords(word)} `)).length;
    if (count <= bestCount) continue;
    best = schema;
    bestCount = count;
  }
  return best;
}

/** Words without case, accents and punctuation: recognisers lose them easily. */
function plainWords(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}
