import { WORDS_PER_ROW } from "./row_words.ts";

/** Strings up to this length lie inside the vector itself. */
const INLINE_BYTES = 12;
const TWO_32 = 2 ** 32;

/**
 * Writes strings one after the other.
 *
 * A vector's strings mostly lie one after the other already, so what lies together is copied
 * together: a call for each string would take ten times as long.
 *
 * @param strings `duckdb_string_t`s of four words: the length, then either up to 12 bytes, or a
 *   4-byte prefix and the address. What the addresses lead to must still be there.
 * @param target as long as all the strings
 */
export function gatherStrings(
  strings: Uint32Array<ArrayBuffer>,
  startRow: number,
  endRow: number,
  target: Uint8Array,
): void {
  const inline = new Uint8Array(strings.buffer, strings.byteOffset, strings.byteLength);
  const memory = new Memory();
  let written = 0;
  // The strings that lie together: where they begin and end, and where they are to be written.
  let start = 0;
  let end = 0;
  let startWritten = 0;
  const copyRun = () => {
    if (end > start) memory.copy(start, target.subarray(startWritten, startWritten + end - start));
  };
  for (let word = startRow * WORDS_PER_ROW; word < endRow * WORDS_PER_ROW; word += WORDS_PER_ROW) {
    const length = strings[word]!;
    if (length <= INLINE_BYTES) {
      const first = word * 4 + 4;
      for (let i = 0; i < length; i++) target[written + i] = inline[first + i]!;
    } else {
      const address = strings[word + 3]! * TWO_32 + strings[word + 2]!;
      const follows = address === end && startWritten + end - start === written;
      if (!follows) {
        copyRun();
        start = address;
        end = address;
        startWritten = written;
      }
      end += length;
    }
    written += length;
  }
  copyRun();
}

/** Memory outside of JavaScript's, by address. */
class Memory {
  #anchor: Deno.PointerValue = null;
  #anchorAddress = 0;

  copy(address: number, target: Uint8Array): void {
    // One pointer for all, and distances from it: making a pointer takes as long as copying.
    if (this.#anchor === null) {
      this.#anchor = Deno.UnsafePointer.create(BigInt(address));
      this.#anchorAddress = address;
    }
    Deno.UnsafePointerView.copyInto(this.#anchor!, target, address - this.#anchorAddress);
  }
}
