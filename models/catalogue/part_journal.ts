import { z } from "zod";
import type { ByteRange } from "./remote_file.ts";

/** What a file is, so that the parts of another one are not taken for its own. */
export interface PartedFile {
  readonly sizeBytes: number;
  /** Hash or entity tag; empty = the file can't be told from another one, so nothing is kept. */
  readonly tag: string;
  readonly partBytes: number;
}

const journalSchema = z.object({
  sizeBytes: z.int(),
  tag: z.string(),
  partBytes: z.int(),
  done: z.array(z.int()),
});

/** Which parts of a file have come, on the disk, so that a killed download can go on. */
export class PartJournal {
  /** Whether there was none of the same file. */
  readonly isNew: boolean;
  readonly #path: string;
  readonly #file: PartedFile;
  readonly #done: Set<number>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, file: PartedFile, done: Set<number> | null) {
    this.#path = path;
    this.#file = file;
    this.#done = done ?? new Set();
    this.isNew = done === null;
  }

  /** Reads the journal at `path`, if it is one of the same file. */
  static async open(path: string, file: PartedFile): Promise<PartJournal> {
    try {
      const kept = journalSchema.parse(JSON.parse(await Deno.readTextFile(path)));
      const isSame = file.tag !== "" && kept.tag === file.tag &&
        kept.sizeBytes === file.sizeBytes && kept.partBytes === file.partBytes;
      return new PartJournal(path, file, isSame ? new Set(kept.done) : null);
    } catch {
      return new PartJournal(path, file, null);
    }
  }

  get doneBytes(): number {
    return [...this.#done]
      .map((part) => this.rangeOf(part))
      .reduce((sum, { firstByte, lastByte }) => sum + lastByte - firstByte + 1, 0);
  }

  /** The parts that have not come, in order. */
  missing(): number[] {
    const { sizeBytes, partBytes } = this.#file;
    const parts = sizeBytes === 0 ? 0 : Math.ceil(sizeBytes / partBytes);
    return Array.from({ length: parts }, (_, part) => part).filter((part) => !this.#done.has(part));
  }

  /** The first and the last byte of a part. */
  rangeOf(part: number): ByteRange {
    const { sizeBytes, partBytes } = this.#file;
    const firstByte = part * partBytes;
    return { firstByte, lastByte: Math.min(firstByte + partBytes, sizeBytes) - 1 };
  }

  /** Keeps that a part has come. */
  add(part: number): Promise<void> {
    this.#done.add(part);
    const text = JSON.stringify({ ...this.#file, done: [...this.#done] });
    const write = async () => {
      await Deno.writeTextFile(`${this.#path}.new`, text);
      await Deno.rename(`${this.#path}.new`, this.#path);
    };
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}
