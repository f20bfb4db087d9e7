type Locate = (path: string) => string;

let locate: Locate = (path) => path;

/**
 * Where the system's loader finds a native library: at its path, unless the program is one
 * executable and its libraries lie inside it, see {@link locateLibraries}.
 */
export function loadablePath(path: string): string {
  return locate(path);
}

/** Has {@link loadablePath} answer otherwise, in this thread: for the compiled program. */
export function locateLibraries(how: Locate): void {
  locate = how;
}
