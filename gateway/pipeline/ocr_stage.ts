import { chooseSchema } from "../../models/documents/choose_schema.ts";
import type { DocumentSchema } from "../../models/documents/document_schema.ts";
import { extractFields, type FieldFinders } from "../../models/documents/extract_fields.ts";
import type { Page } from "../../models/ocr/page.ts";
import { eventImage } from "../event/event_image.ts";
import { eventText } from "../event/event_text.ts";
import type { EnrichmentStage, StageOutcome } from "./enricher.ts";
import type { ImageRoot } from "./image_root.ts";
import type { PendingEvent } from "./pending_events.ts";

/** What reads documents: an `OcrClient`. */
export interface DocumentReader {
  read(document: Uint8Array<ArrayBuffer>): Promise<readonly Page[]>;
}

const MAX_DOCUMENT_BYTES = 64 << 20;
/** To read it and to find its fields: more than the models' own limits. */
const DOCUMENT_TIMEOUT_MS = 600_000;

/** Reads the documents of events; what stands in them joins the events' text. */
export class OcrStage implements EnrichmentStage {
  readonly name = "ocr";
  readonly #reader: DocumentReader;
  readonly #images: ImageRoot;
  readonly #fields: FieldFinders & { readonly schemas: readonly DocumentSchema[] };

  /** @param fields what finds the fields of documents of a known kind */
  constructor(
    reader: DocumentReader,
    images: ImageRoot,
    fields: FieldFinders & { readonly schemas: readonly DocumentSchema[] },
  ) {
    this.#reader = reader;
    this.#images = images;
    this.#fields = fields;
  }

  /** They are read one after the other. */
  timeoutMs(events: number): number {
    return events * DOCUMENT_TIMEOUT_MS;
  }

  applies({ event: { payload } }: PendingEvent): boolean {
    return typeof payload["image_path"] === "string" || typeof payload["image"] === "string";
  }

  async run(batch: readonly PendingEvent[], signal: AbortSignal): Promise<readonly StageOutcome[]> {
    const outcomes: StageOutcome[] = [];
    for (const pending of batch) {
      signal.throwIfAborted();
      outcomes.push(await this.#read(pending));
    }
    return outcomes;
  }

  /** A document that can't be read is that event's matter alone. */
  async #read(pending: PendingEvent): Promise<StageOutcome> {
    try {
      const document = await this.#documentOf(pending);
      if (document === null) return { result: null };
      const pages = await this.#reader.read(document);
      const markdown = documentMarkdown(pages);
      const text = [pending.text ?? eventText(pending.event), markdown].join("\n\n").trim();
      return {
        result: { markdown, pages: pages.length, ...await this.#fieldsOf(markdown) },
        pending: { ...pending, text },
      };
    } catch (cause) {
      return { result: null, error: (cause as Error).message };
    }
  }

  /** The document's kind and its fields, if it is of a known kind. */
  async #fieldsOf(markdown: string) {
    const schema = chooseSchema(markdown, this.#fields.schemas);
    if (schema === null) return {};
    try {
      return { document: schema.name, fields: await extractFields(markdown, schema, this.#fields) };
    } catch (cause) {
      // The document was read all the same.
      return { document: schema.name, fields_error: (cause as Error).message };
    }
  }

  async #documentOf({ event: { payload } }: PendingEvent): Promise<Uint8Array<ArrayBuffer> | null> {
    const path = payload["image_path"];
    if (typeof path !== "string") return eventImage(payload);
    return await this.#images.read(path, MAX_DOCUMENT_BYTES);
  }
}

/** The pages of a document as one. */
export function documentMarkdown(pages: readonly Page[]): string {
  return pages.map(({ markdown }) => markdown).join("\n\n").trim();
}
