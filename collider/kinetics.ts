import { conversationHash, DEFAULT_CONVERSATION } from "./conversation_hash.ts";
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
  lastReceivedUs: number;
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
 * Remembers the 100,000 most recently active ones.
 *
 * Events are told in the order of their arrival, which may be long after it; what counts is the
 * time of arrival that each carries.
 */
export class Kinetics {
  /** In order of last use: a `Map` keeps insertion order, so the first one is the oldest. */
  readonly #conversations = new Map<string, Conversation>();
  readonly #maxConversations: number;

  constructor(options: { maxConversations?: number } = {}) {
    this.#maxConversations = options.maxConversations ?? MAX_CONVERSATIONS;
  }

  /** Conversations remembered. */
  get size(): number {
    return this.#conversations.size;
  }

  /**
   * @param conversationId null = in no conversation, which counts as one of its own
   * @param receivedUs Unix µs
   */
  arrive(conversationId: string | null, receivedUs: number): Arrival {
    const id = conversationId ?? DEFAULT_CONVERSATION;
    let conversation = this.#conversations.get(id);
    let deltaTime = 0;
    let interrupt: 0 | 1 = 0;
    if (conversation === undefined) {
      conversation = this.#remember(id, receivedUs);
    } else {
      const deltaUs = Math.max(receivedUs - conversation.lastReceivedUs, MIN_DELTA_US);
      deltaTime = Math.log(deltaUs / 1e6);
      interrupt = conversation.inFlight > 0 || conversation.lastPublishedUs > receivedUs ? 1 : 0;
      conversation.lastReceivedUs = Math.max(receivedUs, conversation.lastReceivedUs);
      this.#conversations.delete(id);
      this.#conversations.set(id, conversation);
    }
    conversation.inFlight++;
    const velocity = conversation.window.add(receivedUs);
    return { deltaTime, velocity, interrupt, conversationHash: conversation.hash, conversation };
  }

  /** The arrival's frame is in the ring since `publishedUs`, Unix µs. */
  publish({ conversation }: Arrival, publishedUs: number): void {
    conversation.inFlight--;
    conversation.lastPublishedUs = publishedUs;
  }

  #remember(id: string, receivedUs: number): Conversation {
    if (this.#conversations.size >= this.#maxConversations) {
      const [oldest] = this.#conversations.keys();
      this.#conversations.delete(oldest!);
    }
    const conversation: Conversation = {
      hash: conversationHash(id),
      window: new MessageWindow(),
      lastReceivedUs: receivedUs,
      lastPublishedUs: 0,
      inFlight: 0,
    };
    this.#conversations.set(id, conversation);
    return conversation;
  }
}
