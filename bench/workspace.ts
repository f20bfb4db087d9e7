import { dirname } from "node:path";
import { defaultRingPath } from "../collider/layout.ts";

/** Where a suite keeps its files and processes; disposing of it leaves nothing behind. */
export class Workspace implements AsyncDisposable {
  /** On the disk that temporary files are on: databases. */
  readonly directory: string;
  /** Where rings are by default: shared memory, if there is any. */
  readonly ringDirectory: string;
  readonly #stack: AsyncDisposableStack;
  #disposal: Promise<void> | undefined;

  private constructor(directory: string, ringDirectory: string, stack: AsyncDisposableStack) {
    this.directory = directory;
    this.ringDirectory = ringDirectory;
    this.#stack = stack;
  }

  /** @param ringParent where the folder of the rings is made; by default, in shared memory */
  static async create(ringParent = dirname(defaultRingPath())): Promise<Workspace> {
    await using undo = new AsyncDisposableStack();
    const prefix = "collider-bench-";
    const directory = await Deno.makeTempDir({ prefix });
    undo.defer(() => Deno.remove(directory, { recursive: true }));
    const ringDirectory = await Deno.makeTempDir({ prefix, dir: ringParent });
    undo.defer(() => Deno.remove(ringDirectory, { recursive: true }));
    return new Workspace(directory, ringDirectory, undo.move());
  }

  /** Hands something over that is to be disposed of before the directories are. */
  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    return this.#stack.use(resource);
  }

  [Symbol.asyncDispose](): Promise<void> {
    // Both a failing suite and a signal dispose of it: each waits until everything is gone.
    return this.#disposal ??= this.#stack.disposeAsync();
  }
}
