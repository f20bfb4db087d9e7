import assert from "node:assert/strict";
import { join } from "node:path";
import { download, type DownloadOptions } from "./download.ts";
import { ChecksumError, DiskSpaceError, DownloadError, DownloadRefusedError } from "./errors.ts";
import { fakeHub, type HubFaults, namesIn, sha256Of } from "./fixtures.ts";

const BYTES = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
const SHA256 = await sha256Of(BYTES);

/** A hub with one file of ten parts, and a folder to download it to. */
async function withHub(faults: HubFaults = {}) {
  const directory = await Deno.makeTempDir({ prefix: "collider-download-" });
  const hub = fakeHub({ "/model.onnx": BYTES }, faults);
  const path = join(directory, "model.onnx");
  return {
    hub,
    path,
    download: (options: DownloadOptions = {}) =>
      download(new URL(`${hub.url}/model.onnx`), path, {
        partBytes: 10_000,
        backoffMs: 1,
        ...options,
      }),
    names: () => namesIn(directory),
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

Deno.test("download fetches a file in parts and checks its hash", async () => {
  await using place = await withHub();
  const file = await place.download();
  assert.deepEqual(file, { sizeBytes: BYTES.length, sha256: SHA256, isVerified: true });
  assert.deepEqual(await Deno.readFile(place.path), BYTES);
  assert.deepEqual(await place.names(), ["model.onnx"]);
  assert.equal(place.hub.ranges().length, 10);
});

Deno.test("download asks again for parts that were cut off", async () => {
  const cuts = [0, 1, 9_999, 5_000];
  await using place = await withHub({
    partFault: (request) => request < 4 ? { cutAfterBytes: cuts[request]! } : null,
  });
  await place.download();
  assert.deepEqual(await Deno.readFile(place.path), BYTES);
  assert.equal(place.hub.ranges().length, 14);
});

Deno.test("download gives up a part that is cut off every time", async () => {
  await using place = await withHub({ partFault: () => ({ cutAfterBytes: 7 }) });
  await assert.rejects(place.download(), DownloadError);
  assert.ok(place.hub.ranges().length >= 5);
  assert.deepEqual(await place.names(), ["model.onnx.part"]);
});

Deno.test("download asks a server anew that sends nothing", async () => {
  await using place = await withHub({ partFault: (request) => request === 2 ? "stall" : null });
  await place.download({ stallTimeoutMs: 200 });
  assert.deepEqual(await Deno.readFile(place.path), BYTES);
  assert.equal(place.hub.ranges().length, 11);
});

Deno.test("download does not take another part for the one it asked for", async () => {
  await using place = await withHub({
    tellsHash: false,
    partFault: (request) => request === 5 ? "another part" : null,
  });
  await place.download();
  assert.deepEqual(await Deno.readFile(place.path), BYTES);
});

Deno.test("download takes the whole file from a server that ignores ranges", async () => {
  await using place = await withHub({ hasRanges: false });
  await place.download();
  assert.deepEqual(await Deno.readFile(place.path), BYTES);
});

Deno.test("download goes on where an earlier attempt was interrupted", async () => {
  await using place = await withHub({ partFault: (request) => request < 6 ? null : "stall" });
  const stop = new AbortController();
  const interrupted = place.download({ signal: stop.signal });
  await place.hub.stalled;
  stop.abort(new Error("enough"));
  await assert.rejects(interrupted, /enough/);
  const before = place.hub.ranges().length;
  delete place.hub.faults.partFault;
  const progress: number[] = [];
  await place.download({ onProgress: (doneBytes) => progress.push(doneBytes) });
  assert.deepEqual(await Deno.readFile(place.path), BYTES);
  const again = place.hub.ranges().length - before;
  assert.ok(again < 10, `${again} parts were asked for again`);
  assert.equal(progress[0], BYTES.length - again * 10_000);
  assert.equal(progress.at(-1), BYTES.length);
});

Deno.test("download begins anew when what an earlier attempt has left is gone", async () => {
  await using place = await withHub({ partFault: (request) => request < 6 ? null : "stall" });
  const stop = new AbortController();
  const interrupted = place.download({ signal: stop.signal });
  await place.hub.stalled;
  stop.abort(new Error("enough"));
  await assert.rejects(interrupted, /enough/);
  await Deno.remove(`${place.path}.part`);
  delete place.hub.faults.partFault;
  await place.download();
  assert.deepEqual(await Deno.readFile(place.path), BYTES);
});

Deno.test("download does not fetch again what is whole", async () => {
  await using place = await withHub();
  const first = await place.download();
  assert.deepEqual(await place.download(), first);
  assert.equal(place.hub.ranges().length, 10);
});

Deno.test("download refuses contents whose hash is another one, and keeps nothing", async () => {
  await using place = await withHub({ liesAboutContents: true });
  await assert.rejects(place.download(), ChecksumError);
  assert.deepEqual(await place.names(), []);
});

Deno.test("download holds the hash it is given against the hub's word before it begins", async () => {
  await using place = await withHub();
  await assert.rejects(place.download({ sha256: "0".repeat(64) }), ChecksumError);
  assert.deepEqual(place.hub.ranges(), []);
});

Deno.test("download checks the hash it is given where the hub tells none", async () => {
  await using place = await withHub({ tellsHash: false });
  await assert.rejects(place.download({ sha256: "0".repeat(64) }), ChecksumError);
  assert.equal((await place.download({ sha256: SHA256 })).isVerified, true);
});

Deno.test("download says that nobody knew the hash", async () => {
  await using place = await withHub({ tellsHash: false });
  assert.deepEqual(await place.download(), {
    sizeBytes: BYTES.length,
    sha256: SHA256,
    isVerified: false,
  });
});

Deno.test("download refuses a size that hub and storage don't agree on", async () => {
  await using place = await withHub({ toldBytes: BYTES.length + 1 });
  await assert.rejects(place.download(), /says 100001 bytes, and its storage 100000/);
});

Deno.test("download refuses a file that is shorter than its size", async () => {
  const toldBytes = BYTES.length + 5;
  await using place = await withHub({ toldBytes, storedBytes: toldBytes });
  await assert.rejects(place.download(), DownloadError);
  assert.equal((await place.names()).includes("model.onnx"), false);
});

Deno.test("download takes no more than the hub has told", async () => {
  await using place = await withHub({ toldBytes: 1_000, hasRanges: false, tellsLength: false });
  await assert.rejects(place.download(), /more came than was said/);
  assert.deepEqual(await place.names(), ["model.onnx.part"]);
});

Deno.test("download refuses a file whose size nobody tells", async () => {
  await using place = await withHub({ hasRanges: false, tellsLength: false });
  const url = new URL(`${place.hub.storageUrl}/model.onnx`);
  await assert.rejects(download(url, place.path, { backoffMs: 1 }), /how large it is/);
});

Deno.test("download finds out before it begins that there is no room", async () => {
  await using place = await withHub({ toldBytes: 1e15, storedBytes: 1e15 });
  await assert.rejects(place.download(), DiskSpaceError);
  assert.deepEqual(place.hub.ranges(), []);
});

Deno.test("download waits for a hub that has too much to do", async () => {
  await using place = await withHub({ statuses: [429, 503], retryAfterS: 0 });
  await place.download();
  assert.deepEqual(await Deno.readFile(place.path), BYTES);
});

Deno.test("download does not wait for long", async () => {
  await using place = await withHub({ statuses: [429], retryAfterS: 3_600 });
  await assert.rejects(place.download(), { name: "DownloadError", hint: /wait a while/ });
  assert.equal(place.hub.requests.length, 1);
});

Deno.test("download does not ask again for what it won't get", async () => {
  for (const [status, hint] of [[401, /HF_TOKEN/], [403, /HF_TOKEN/], [404, /mirror/]] as const) {
    await using place = await withHub({ statuses: [status] });
    await assert.rejects(place.download(), (error) => {
      assert.ok(error instanceof DownloadRefusedError);
      assert.match(error.hint, hint);
      return true;
    });
    assert.equal(place.hub.requests.length, 1);
  }
});

Deno.test("download asks the hub for a new address when its storage refuses the old one", async () => {
  await using place = await withHub({ storageStatuses: [403] });
  await place.download();
  assert.deepEqual(await Deno.readFile(place.path), BYTES);
});

Deno.test("download gives the token to the hub and to nobody else", async () => {
  await using place = await withHub();
  await place.download({ token: "hf_secret" });
  const seen = (requests: readonly { authorization: string | null }[]) => [
    ...new Set(requests.map(({ authorization }) => authorization)),
  ];
  assert.deepEqual(seen(place.hub.requests), ["Bearer hf_secret"]);
  assert.deepEqual(seen(place.hub.storageRequests), [null]);
});

Deno.test("download follows only so many redirects", async () => {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  await using server = Deno.serve(options, ({ url }) => Response.redirect(url));
  const url = new URL(`http://127.0.0.1:${server.addr.port}/model.onnx`);
  await assert.rejects(download(url, "/nowhere/model.onnx"), /redirected more than 5 times/);
});
