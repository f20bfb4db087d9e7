import { boundsOf, type TextLine } from "./page.ts";

/** Rows further apart than this many times their height begin a new paragraph. */
const PARAGRAPH_GAP = 1.2;
/** A hyphen at the end of a line, after a letter: the word goes on in the next line. */
const BROKEN_WORD = /(?<=\p{L})[-\u00ad]$/u;
/** The mark that begins an item, and its number. */
const LIST_MARK = /^(?:[•▪◦‣·]\s*|[-–*]\s+|(\d{1,3})[.)]\s+)/u;

/** Lines as Markdown: what stands beside each other in one line, and paragraphs by their distance. */
export function plainMarkdown(rows: readonly (readonly TextLine[])[]): string {
  let markdown = "";
  let lastBottom = NaN;
  for (const row of rows) {
    const { top, bottom } = boundsOf(row.flatMap(({ quad }) => quad));
    const isNewParagraph = top - lastBottom > PARAGRAPH_GAP * (bottom - top);
    if (markdown !== "") markdown += isNewParagraph ? "\n\n" : "\n";
    markdown += escapeMarkdown(row.map(({ text }) => text.trim()).join(" "));
    lastBottom = bottom;
  }
  return markdown;
}

/** Lines of one paragraph as one; a word that was broken at the end of a line is whole again. */
export function paragraphMarkdown(lines: readonly TextLine[]): string {
  return escapeMarkdown(joinLines(lines));
}

/** Lines of a list: what begins with a mark is an item, what does not goes on with the last one. */
export function listMarkdown(lines: readonly TextLine[]): string {
  const items: TextLine[][] = [];
  for (const line of lines) {
    if (items.length === 0 || LIST_MARK.test(line.text.trim())) items.push([line]);
    else items.at(-1)!.push(line);
  }
  return items.map((item) => {
    const text = joinLines(item);
    const number = LIST_MARK.exec(text)?.[1];
    const mark = number === undefined ? "-" : `${number}.`;
    return `${mark} ${escapeMarkdown(text.replace(LIST_MARK, ""))}`;
  }).join("\n");
}

/**
 * Text that Markdown shows as it is: nothing in a document becomes markup or HTML.
 *
 * @see https://spec.commonmark.org/0.31.2/#backslash-escapes
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|]|~(?=~)|&(?=#?\w+;)/g, "\\$&")
    // What means something at the beginning of a line only: headings, lists, rules.
    .replace(/^(?:#{1,6}(?=\s|$)|[-+](?=\s|$)|[-=](?=[-=\s]*$))/, "\\$&")
    .replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2");
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">" };
const ESCAPED_OR_TABLE =
  /\\([!-/:-@[-`{-~])|&(amp|lt|gt);|<(\/?)(table|thead|tbody|tr|td)(?: [^<>]*)?>/g;

/** What stands in Markdown that was written here: no escapes, and tables as rows with tabs. */
export function markdownText(markdown: string): string {
  return markdown.replace(ESCAPED_OR_TABLE, (_, escaped, entity, slash, tag) => {
    if (escaped !== undefined) return escaped;
    if (entity !== undefined) return ENTITIES[entity]!;
    if (slash === "") return "";
    return tag === "td" ? "\t" : tag === "tr" ? "\n" : "";
  });
}

function joinLines(lines: readonly TextLine[]): string {
  let text = "";
  for (const line of lines) {
    const next = line.text.trim();
    const isBroken = BROKEN_WORD.test(text) && /^\p{Ll}/u.test(next);
    if (isBroken) text = text.slice(0, -1) + next;
    else text += `${text === "" ? "" : " "}${next}`;
  }
  return text;
}
