import type { PublishedEvent } from "../pipeline/event_feeds.ts";
import type { StoredEvent } from "../store/stored_event.ts";
import { eventJson, storedEvent } from "./event_formats.ts";

const ofPublished = new WeakMap<PublishedEvent, LiveEvent>();

/** An event in the form in which clients follow it, made once however many they are. */
export class LiveEvent {
  readonly #event: StoredEvent;
  #json: string | undefined;
  #foldedPayload: string | undefined;

  constructor(event: StoredEvent) {
    this.#event = event;
  }

  /** The same one for everybody. */
  static of(published: PublishedEvent): LiveEvent {
    let event = ofPublished.get(published);
    if (event === undefined) {
      event = new LiveEvent(storedEvent(published));
      ofPublished.set(published, event);
    }
    return event;
  }

  get id(): string {
    return this.#event.id;
  }

  /** As in `/api/events`. */
  get json(): string {
    return this.#json ??= eventJson(this.#event);
  }

  /** Whether the payload contains a text, in any case. */
  contains(text: string): boolean {
    this.#foldedPayload ??= this.#event.payload.toLowerCase();
    return this.#foldedPayload.includes(text.toLowerCase());
  }
}
