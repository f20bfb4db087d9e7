interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
  newer: Entry<Value> | null;
  older: Entry<Value> | null;
}

/**
 * A map of bounded size that forgets the least recently used entry. The order of use is a linked
 * list beside the map: reordering a `Map` by deleting and setting again leaves holes behind, and
 * finding its first key steps over all of them (10 µs an eviction at 100,000 entries).
 */
export class LruMap<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #maxEntries: number;
  #newest: Entry<Value> | null = null;
  #oldest: Entry<Value> | null = null;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** The key's value, made if there is none; now the most recently used. */
  getOrMake(key: string, make: (key: string) => Value): Value {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= this.#maxEntries) this.#forgetOldest();
      entry = { key, value: make(key), newer: null, older: null };
      this.#entries.set(key, entry);
    } else if (entry === this.#newest) {
      return entry.value;
    } else {
      this.#unlink(entry);
    }
    this.#linkNewest(entry);
    return entry.value;
  }

  #forgetOldest(): void {
    const oldest = this.#oldest!;
    this.#unlink(oldest);
    this.#entries.delete(oldest.key);
  }

  #linkNewest(entry: Entry<Value>): void {
    entry.newer = null;
    entry.older = this.#newest;
    if (this.#newest !== null) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
  }

  #unlink({ newer, older }: Entry<Value>): void {
    if (newer === null) this.#newest = older;
    else newer.older = older;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
  }
}
