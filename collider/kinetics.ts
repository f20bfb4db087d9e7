import { conversationHash, DEFAULT_CONVERSATION } from "./conversation_hash.ts";
import { LruMap } from "./lru_map.ts";
import { MessageWindow } from "./message_window.ts";

/** How an event moves its conversation. */
export interface Arrival {
  /** ln of the seconds since the conversation's previous event; 0 for its first. */
  readonly deltaTime: number;
  /** Messages of the conversation in the 60 s up to and with this one. */
  readonly velocity: number;
  /** 1 if the previous event was still being processed when this one arrived, else 0. */
  readonly interrupt: 0 | 1;
  /** The 8 bytes of the frame's `conversation_hash`. */
  readonly conversationHash: Uint8Array;
  /** To be handed to {@linkcode Kinetics.publish}. */
  readonly conversation: Conversation;
}

/** What is remembered of a conversation. */
interface Conversation {
  readonly hash: Uint8Array;
  readonly window: MessageWindow;
  /** Unix µs; null = no event yet. */
  lastReceivedUs: number | null;
  /** When its newest published frame was published, Unix µs. */
  lastPublishedUs: number;
  /** Events that have arrived and are not published yet. */
  inFlight: number;
}

const MAX_CONVERSATIONS = 100_000;
/** Shortest time between two events: a clock that stands still or steps back gives ln of this. */
const MIN_DELTA_US = 1;

/**
 * The motion of conversations: how fast, how dense and how overlapping their events arrive.
 * Remembers the 100,000 most recently active ones; one that was forgotten begins anew.
 *
 * Events are told in the order of their arrival, which may be long after it; what counts is the
 * time of arrival that each carries.
 */
export class Kinetics {
  readonly #conversations: LruMap<Conversation>;

  /** @param options.maxConversations how many are remembered */
  constructor({ maxConversations = MAX_CONVERSATIONS } = {}) {
    this.#conversations = new LruMap(maxConversations);
  }

  /**
   * @param conversationId null = in no conversation, which counts as one of its own
   * @param receivedUs Unix µs
   */
  arrive(conversationId: string | null, receivedUs: number): Arrival {
    const id = conversationId ?? DEFAULT_CONVERSATION;
    const conversation = this.#conversations.getOrMake(id, newConversation);
    const { lastReceivedUs, lastPublishedUs, hash, window } = conversation;
    let deltaTime = 0;
    let interrupt: 0 | 1 = 0;
    if (lastReceivedUs !== null) {
      deltaTime = Math.log(Math.max(receivedUs - lastReceivedUs, MIN_DELTA_US) / 1e6);
      interrupt = conversation.inFlight > 0 || lastPublishedUs > receivedUs ? 1 : 0;
    }
    conversation.lastReceivedUs = Math.max(receivedUs, lastReceivedUs ?? 0);
    conversation.inFlight++;
    const velocity = window.add(receivedUs);
    return { deltaTime, velocity, interrupt, conversationHash: hash, conversation };
  }

  /** The arrival's frame is in the ring since `publishedUs`, Unix µs. */
  publish({ conversation }: Arrival, publishedUs: number): void {
    conversation.inFlight--;
    conversation.lastPublishedUs = publishedUs;
  }
}

function newConversation(id: string): Conversation {
  return {
    hash: conversationHash(id),
    window: new MessageWindow(),
    lastReceivedUs: null,
    lastPublishedUs: 0,
    inFlight: 0,
  };
}
