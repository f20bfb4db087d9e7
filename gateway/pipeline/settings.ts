import { NIL_UUID } from "../event/uuid_v7.ts";
import { type ExportStart, FIRST_START } from "../export/export_start.ts";
import { StoreUnavailableError } from "../store/errors.ts";
import type { Store } from "../store/store.ts";

/** What can be changed while the gateway runs. */
export interface Settings {
  /** Where batches are exported to; null = nowhere. */
  readonly webhook_url: string | null;
  /** From where on; follows from when `webhook_url` was set. */
  readonly export_start: ExportStart;
  /** Namespace of the exported ontology. */
  readonly ontology_iri: string;
  /** Events in an export. */
  readonly export_batch_size: number;
  /** Longest time until an export of fewer events, s. */
  readonly export_interval_secs: number;
}

const DEFAULTS: Settings = {
  webhook_url: null,
  export_start: FIRST_START,
  ontology_iri: "urn:collider:ontology#",
  export_batch_size: 100,
  export_interval_secs: 60,
};

/** The settings, kept in the store. */
export class SettingsKeeper {
  readonly #store: Store;
  #current: Settings;
  /** Changes are made one after the other: each looks at what was before. */
  #lastChange: Promise<unknown> = Promise.resolve();

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
   * Changes what is given and keeps it. Where there was no webhook, exports start after the newest
   * event of now.
   *
   * @param exportAfterId after which event exports start instead, whether there was a webhook or not
   * @returns whether anything is different now
   */
  change(
    values: Partial<Omit<Settings, "export_start">>,
    exportAfterId?: string,
  ): Promise<boolean> {
    const change = this.#lastChange.then(() => this.#change(values, exportAfterId));
    this.#lastChange = change.catch(() => {});
    return change;
  }

  async #change(values: Partial<Settings>, exportAfterId?: string): Promise<boolean> {
    const isWebhookNew = this.#current.webhook_url === null &&
      typeof values.webhook_url === "string";
    const afterId = exportAfterId ?? (isWebhookNew ? await this.#newestEventId() : undefined);
    const start = afterId === undefined
      ? {}
      : { export_start: { id: crypto.randomUUID(), afterId } };
    const changed = Object.entries({ ...values, ...start })
      .filter(([key, value]) => this.#current[key as keyof Settings] !== value);
    if (changed.length === 0) return false;
    // Together, so that no crash comes between a webhook and its start.
    await this.#keep(new Map(changed.map(([key, value]) => [key, JSON.stringify(value)])));
    this.#current = { ...this.#current, ...Object.fromEntries(changed) };
    return true;
  }

  async #keep(values: ReadonlyMap<string, string>): Promise<void> {
    try {
      await this.#store.saveConfig(values);
    } catch (cause) {
      // On a full disk they may be there nevertheless.
      const kept = await this.#store.loadConfig().catch(() => new Map<string, string>());
      if ([...values].every(([key, value]) => kept.get(key) === value)) return;
      throw new StoreUnavailableError("the settings can't be kept", { cause });
    }
  }

  async #newestEventId(): Promise<string> {
    return await this.#store.lastEventId() ?? NIL_UUID;
  }
}
