import { ModelError } from "../errors.ts";

/** The bytes are no document that can be read. */
export class UnreadableDocumentError extends ModelError {}

/** The document has more pages or pixels than are taken. */
export class DocumentTooLargeError extends ModelError {}
