const FREE = 0;
const HELD = 1;
const REVOKED = 2;
const POLL_INTERVAL_MS = 1;

/**
 * A worker's permission to write to ring slots, which the main thread can take back for good.
 *
 * `Worker.terminate()` is not enough: it returns at once, but a thread that is computing goes on
 * until it comes back to its event loop, and would write into a slot that was published or used
 * again meanwhile. So a worker writes only while it holds the lease, and nobody touches the slots
 * of a worker that failed before its lease is revoked.
 */
export class SlotLease {
  /** For the worker to make its own lease of. */
  readonly shared: SharedArrayBuffer;
  readonly #state: Int32Array<SharedArrayBuffer>;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#state = new Int32Array(shared);
  }

  /**
   * Worker: takes the lease, until {@link release}.
   *
   * @returns false if it was revoked: write nothing any more
   */
  hold(): boolean {
    return Atomics.compareExchange(this.#state, 0, FREE, HELD) === FREE;
  }

  /**
   * Worker, or on behalf of a dead one: gives the lease back. What was written under it is visible
   * to whoever revokes it.
   */
  release(): void {
    Atomics.and(this.#state, 0, ~HELD);
  }

  /**
   * Main thread: forbids the worker to take the lease again and waits until it is given back.
   *
   * @returns false if the worker still holds it after `timeoutMs`
   */
  async revoke(timeoutMs: number): Promise<boolean> {
    const untilMs = performance.now() + timeoutMs;
    Atomics.or(this.#state, 0, REVOKED);
    // Not Atomics.waitAsync: its wake-up can get lost in an event loop that has nothing else to do.
    while ((Atomics.load(this.#state, 0) & HELD) !== 0) {
      if (performance.now() >= untilMs) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
    }
    return true;
  }
}
