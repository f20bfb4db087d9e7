/** A hub on 127.0.0.1 for tests, which serves files as a real one does, and fails as it is told. */

/** What the fake hub does wrong. */
export interface HubFaults {
  /** Answers to ranges that break off after so many bytes, one after the other. */
  cutAfterBytes?: number[];
  /** Contents other than those whose hash it tells. */
  lieAboutContents?: boolean;
  /** Bytes that it says are more than there are. */
  lieAboutSize?: number;
  /** Statuses of the first answers. */
  statuses?: number[];
  /** Whether it says that parts can be asked for. @default true */
  hasRanges?: boolean;
}

/** A request that the hub has seen. */
export interface HubRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | null;
  readonly authorization: string | null;
}

/** Serves `files` by their paths; large files are redirected to another server, as a hub does. */
export async function fakeHub(files: Record<string, Uint8Array>, faults: HubFaults = {}) {
  const requests: HubRequest[] = [];
  const cdnRequests: HubRequest[] = [];
  const note = (list: HubRequest[], request: Request) =>
    list.push({
      method: request.method,
      path: new URL(request.url).pathname,
      range: request.headers.get("Range"),
      authorization: request.headers.get("Authorization"),
    });
  const hashes = new Map<string, string>();
  for (const [path, bytes] of Object.entries(files)) {
    const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
    hashes.set(path, new Uint8Array(digest).toHex());
  }
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const cdn = Deno.serve(options, (request) => {
    note(cdnRequests, request);
    return serveFile(request, files[new URL(request.url).pathname]!, faults);
  });
  const hub = Deno.serve(options, (request) => {
    note(requests, request);
    const status = faults.statuses?.shift();
    if (status !== undefined) return new Response(null, { status });
    const { pathname } = new URL(request.url);
    const bytes = files[pathname];
    if (bytes === undefined) return new Response(null, { status: 404 });
    return new Response(null, {
      status: 302,
      headers: {
        "Location": `http://127.0.0.1:${cdn.addr.port}${pathname}`,
        "X-Linked-Size": String(bytes.length + (faults.lieAboutSize ?? 0)),
        "X-Linked-Etag": `"${hashes.get(pathname)}"`,
      },
    });
  });
  return {
    url: `http://127.0.0.1:${hub.addr.port}`,
    requests,
    cdnRequests,
    faults,
    async [Symbol.asyncDispose]() {
      await Promise.all([hub.shutdown(), cdn.shutdown()]);
    },
  };
}

function serveFile(request: Request, bytes: Uint8Array, faults: HubFaults): Response {
  const { hasRanges = true } = faults;
  const headers = {
    "Content-Length": String(bytes.length),
    "ETag": '"some-tag"',
    ...(hasRanges ? { "Accept-Ranges": "bytes" } : {}),
  };
  if (request.method === "HEAD") return new Response(null, { headers });
  const contents = faults.lieAboutContents ? bytes.map((byte) => byte ^ 1) : bytes;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("Range") ?? "") ?? [];
  const isPart = hasRanges && first !== undefined;
  const part = isPart ? contents.subarray(Number(first), Number(last) + 1) : contents;
  const cut = faults.cutAfterBytes?.shift();
  const body = cut === undefined ? part : new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(part.subarray(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 1)); // so that it goes out
      controller.error(new Error("cut"));
    },
  });
  return new Response(body as BodyInit, { status: isPart ? 206 : 200 });
}
