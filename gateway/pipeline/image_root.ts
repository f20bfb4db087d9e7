import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { GatewayError } from "../event/errors.ts";

/** An `image_path` lies where the gateway must not look. */
export class ImagePathError extends GatewayError {
  constructor(problem: string, hint: string, options: ErrorOptions = {}) {
    super(`image_path: ${problem}`, { status: 400, code: "image_path_refused", hint, ...options });
  }
}

/** The folder of the images can't be found. */
export class ImageRootError extends GatewayError {
  constructor(folder: string, cause: Error) {
    super(`the folder ${folder} can't be used: ${cause.message}`, {
      status: 500,
      code: "image_root_missing",
      hint: "Correct --image-root.",
      cause,
    });
  }
}

/** Of what may have taken a file's place: a pipe would be waited for, a link would lead elsewhere. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** The folder below which events may name images; without one, they may name none. */
export class ImageRoot {
  /** With its links followed; null = no folder. */
  readonly #root: string | null;

  /** @throws {ImageRootError} if the folder is not there */
  constructor(folder: string | null) {
    try {
      this.#root = folder === null ? null : Deno.realPathSync(folder);
      if (this.#root !== null && !Deno.statSync(this.#root).isDirectory) {
        throw new Error("it is none");
      }
    } catch (cause) {
      throw new ImageRootError(folder!, cause as Error);
    }
  }

  /**
   * The file that a path names, with links followed, so that none leads out of the folder.
   *
   * @param path absolute, or relative to the folder
   * @throws {ImagePathError}
   */
  resolve(path: string): string {
    if (this.#root === null) {
      throw new ImagePathError(
        "files of this machine can't be named",
        "Send the image itself as `image` in base64, or start the gateway with --image-root.",
      );
    }
    let file: string;
    let isFile: boolean;
    try {
      file = Deno.realPathSync(isAbsolute(path) ? path : join(this.#root, path));
      isFile = Deno.lstatSync(file).isFile;
    } catch (cause) {
      throw this.#refusal(cause);
    }
    const below = relative(this.#root, file);
    const isOutside = below === "" || below.startsWith("..") || isAbsolute(below);
    if (isOutside || !isFile) throw this.#refusal();
    return file;
  }

  /**
   * The bytes of the file that a path names.
   *
   * @throws {ImagePathError} also if it has more than `bytesMax`
   */
  async read(path: string, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
    const handle = await open(this.resolve(path), READ_FLAGS).catch((cause) => {
      throw this.#refusal(cause);
    });
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw this.#refusal();
      if (stat.size > bytesMax) {
        throw new ImagePathError(
          `the file has ${stat.size} bytes, more than ${bytesMax}`,
          "Send its pages in several documents.",
        );
      }
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  }

  /** The same for what is not there and what is elsewhere: nobody can find out which. */
  #refusal(cause?: unknown): ImagePathError {
    return new ImagePathError(
      "there is no such file below the image folder",
      "Name a file below the folder of --image-root.",
      { cause },
    );
  }
}
