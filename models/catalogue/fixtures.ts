/** A hub on 127.0.0.1 for tests, which serves files as a real one does, and fails as it is told. */

/** What is wrong with the answer to a request for a part of a file. */
export type PartFault = { readonly cutAfterBytes: number } | "stall" | "another part";

/** What the fake hub does wrong. */
export interface HubFaults {
  /** The hub's first answers. */
  statuses?: number[];
  /** Sent with them, seconds. */
  retryAfterS?: number;
  /** The first answers of its storage. */
  storageStatuses?: number[];
  /** Told of every request for a part, the first being 0. */
  partFault?: (request: number) => PartFault | null;
  /** Contents other than those whose hash it tells. */
  liesAboutContents?: boolean;
  /** The size that the hub tells. */
  toldBytes?: number;
  /** The size that its storage tells. */
  storedBytes?: number;
  /** Whether it tells a hash at all. @default true */
  tellsHash?: boolean;
  /** Whether parts can be asked for; if not, all comes whatever is asked for. @default true */
  hasRanges?: boolean;
  /** Whether the storage says how much it sends. @default true */
  tellsLength?: boolean;
}

/** A request that was seen. */
export interface HubRequest {
  readonly path: string;
  readonly range: string | null;
  readonly authorization: string | null;
}

/** Serves `files` by their paths; the hub redirects to another server, where they are stored. */
export function fakeHub(files: Record<string, Uint8Array>, faults: HubFaults = {}) {
  const requests: HubRequest[] = [];
  const storageRequests: HubRequest[] = [];
  const stalled = Promise.withResolvers<void>();
  let parts = 0;
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const storage = Deno.serve(options, (request) => {
    const seen = note(storageRequests, request);
    const status = faults.storageStatuses?.shift();
    if (status !== undefined) return new Response(null, { status });
    const isPart = seen.range !== "bytes=0-0";
    const fault = isPart ? faults.partFault?.(parts++) ?? null : null;
    if (fault === "stall") stalled.resolve();
    return stored(files[seen.path]!, seen.range, faults, fault);
  });
  const storageUrl = `http://127.0.0.1:${storage.addr.port}`;
  const hub = Deno.serve(options, async (request) => {
    const { path } = note(requests, request);
    const status = faults.statuses?.shift();
    if (status !== undefined) {
      const { retryAfterS } = faults;
      const headers = retryAfterS === undefined ? {} : { "Retry-After": String(retryAfterS) };
      return new Response(null, { status, headers });
    }
    const bytes = files[path];
    if (bytes === undefined) return new Response(null, { status: 404 });
    return new Response(null, {
      status: 302,
      headers: {
        "Location": `${storageUrl}${path}`,
        "X-Linked-Size": String(faults.toldBytes ?? bytes.length),
        ...(faults.tellsHash === false ? {} : { "X-Linked-Etag": `"${await sha256Of(bytes)}"` }),
      },
    });
  });
  return {
    url: `http://127.0.0.1:${hub.addr.port}`,
    storageUrl,
    requests,
    storageRequests,
    /** The parts that were asked for. */
    ranges: () =>
      storageRequests.map(({ range }) => range)
        .filter((range) => range !== null && range !== "bytes=0-0"),
    /** Resolves when the first answer stalls. */
    stalled: stalled.promise,
    faults,
    async [Symbol.asyncDispose]() {
      await Promise.all([hub.shutdown(), storage.shutdown()]);
    },
  };
}

/** SHA-256 in hexadecimal. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return new Uint8Array(digest).toHex();
}

/** The names of what is in a folder, in order. */
export async function namesIn(directory: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(directory));
  return entries.map(({ name }) => name).sort();
}

function note(list: HubRequest[], request: Request): HubRequest {
  const seen = {
    path: new URL(request.url).pathname,
    range: request.headers.get("Range"),
    authorization: request.headers.get("Authorization"),
  };
  list.push(seen);
  return seen;
}

function stored(
  bytes: Uint8Array,
  range: string | null,
  faults: HubFaults,
  fault: PartFault | null,
): Response {
  const { hasRanges = true, tellsLength = true, storedBytes = bytes.length } = faults;
  const contents = faults.liesAboutContents === true ? bytes.map((byte) => byte ^ 1) : bytes;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  const isPart = hasRanges && first !== undefined;
  const shift = fault === "another part" ? 1 : 0;
  const from = isPart ? Number(first) + shift : 0;
  const to = isPart ? Number(last) + shift : storedBytes - 1;
  const part = contents.slice(from, to + 1);
  const body = tellsLength ? bodyOf(part, fault) : ReadableStream.from([part]);
  return new Response(body, {
    status: isPart ? 206 : 200,
    headers: {
      "ETag": '"some-tag"',
      ...(tellsLength ? { "Content-Length": String(to - from + 1) } : {}),
      ...(isPart ? { "Content-Range": `bytes ${from}-${to}/${storedBytes}` } : {}),
    },
  });
}

function bodyOf(part: Uint8Array<ArrayBuffer>, fault: PartFault | null): BodyInit {
  if (fault === null || fault === "another part") return part;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (fault === "stall") return;
      controller.enqueue(part.subarray(0, fault.cutAfterBytes));
      // Less than the Content-Length: the server breaks the connection.
      controller.close();
    },
  });
}
