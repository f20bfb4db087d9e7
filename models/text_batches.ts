/** What a batch of texts may come to; one text alone may be longer. */
export interface TextBatchLimits {
  readonly textsMax?: number;
  /** UTF-16 code units. */
  readonly unitsMax: number;
}

/** Cuts a list of texts into batches, in their order. */
export function textBatches(
  texts: readonly string[],
  { textsMax = Infinity, unitsMax }: TextBatchLimits,
): string[][] {
  const batches: string[][] = [];
  let units = 0;
  for (const text of texts) {
    let batch = batches.at(-1);
    if (batch === undefined || batch.length === textsMax || units + text.length > unitsMax) {
      batches.push(batch = []);
      units = 0;
    }
    batch.push(text);
    units += text.length;
  }
  return batches;
}
