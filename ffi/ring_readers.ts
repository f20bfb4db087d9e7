import { libraryPathOf, loadRingSymbols } from "./library.ts";

/** Which readers' files are wanted. */
export interface ReaderFilesFilter {
  /** Of the ring that they read. */
  readonly generation: bigint;
  /** Those that were seen after this, Unix µs. */
  readonly sinceUs: number;
  /** Files of readers that were not seen since then are removed, Unix µs. */
  readonly forgottenUs: number;
  readonly limit: number;
}

/**
 * Reads what the readers of a ring say of themselves, in a thread of its own. Deno has no part in
 * it: it opens no file in `/dev/shm`, where rings are, unless it may do everything.
 *
 * @param directory the folder of the readers' files, which need not be there
 * @param out room for the contents of as many files as the limit says
 * @returns how many were written there
 * @throws {RingLibraryError} if the native library is missing
 */
export async function readReaderFiles(
  directory: string,
  { generation, sinceUs, forgottenUs, limit }: ReaderFilesFilter,
  out: Uint8Array<ArrayBuffer>,
): Promise<number> {
  const symbols = loadRingSymbols(libraryPathOf("seqlock"));
  return await symbols.cs_readers_list(
    new TextEncoder().encode(`${directory}\0`),
    generation,
    BigInt(Math.trunc(sinceUs)),
    BigInt(Math.trunc(forgottenUs)),
    out,
    limit,
  );
}
