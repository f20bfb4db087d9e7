import type { Store } from "../store/store.ts";

/** What can be changed while the gateway runs. */
export interface Settings {
  /** Where batches are exported to; null = nowhere. */
  readonly webhook_url: string | null;
  /** Namespace of the exported ontology. */
  readonly ontology_iri: string;
  /** Events in an export. */
  readonly export_batch_size: number;
  /** Longest time until an export of fewer events, s. */
  readonly export_interval_secs: number;
}

const DEFAULTS: Settings = {
  webhook_url: null,
  ontology_iri: "urn:collider:ontology#",
  export_batch_size: 100,
  export_interval_secs: 60,
};

/** The settings, kept in the store. */
export class SettingsKeeper {
  readonly #store: Store;
  #current: Settings;

  private constructor(store: Store, current: Settings) {
    this.#store = store;
    this.#current = current;
  }

  static async load(store: Store): Promise<SettingsKeeper> {
    const kept = await store.loadConfig();
    const values = Object.keys(DEFAULTS)
      .filter((key) => kept.has(key))
      .map((key) => [key, JSON.parse(kept.get(key)!)]);
    return new SettingsKeeper(store, { ...DEFAULTS, ...Object.fromEntries(values) });
  }

  get current(): Settings {
    return this.#current;
  }

  /**
   * Changes what is given and keeps it.
   *
   * @returns whether anything is different now
   */
  async change(values: Partial<Settings>): Promise<boolean> {
    const changed = Object.entries(values)
      .filter(([key, value]) => this.#current[key as keyof Settings] !== value);
    if (changed.length === 0) return false;
    await this.#store.saveConfig(
      new Map(changed.map(([key, value]) => [key, JSON.stringify(value)])),
    );
    this.#current = { ...this.#current, ...Object.fromEntries(changed) };
    return true;
  }
}
