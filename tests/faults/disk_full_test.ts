import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually, Gateway } from "../e2e/gateway.ts";
import { canMount, fullyPublished, listEvents, smallDisk, temporaryDirectory } from "./fixtures.ts";

const MEBIBYTE = 1 << 20;
const EVENT_BYTES = 32 << 10;
const MAX_EVENTS = 4_000;
const PAGE_EVENTS = 100;

/**
 * Room for the database. The log is folded into it every now and then, which takes room for both:
 * of these sizes some run out in an ordinary commit, others in the middle of folding.
 */
const FREE_MIB = [8, 20, 28, 44];
const BALLAST_MIB = 64;

const mayMount = await canMount();

for (const freeMiB of FREE_MIB) {
  Deno.test({
    name: `a disk that is full after ${freeMiB} MiB loses nothing and heals without a restart`,
    ignore: !mayMount,
    fn: async () => {
      await using directory = await temporaryDirectory();
      await using disk = await smallDisk(directory.path, freeMiB + BALLAST_MIB);
      const ballast = join(disk.path, "ballast");
      await Deno.writeFile(ballast, new Uint8Array(BALLAST_MIB * MEBIBYTE));
      const options = {
        directory: directory.path,
        databasePath: join(disk.path, "gateway.db"),
        ringCapacity: 4_096,
      };
      const acknowledged: number[] = [];
      {
        await using gateway = await Gateway.start(options);
        const refusal = await fill(gateway, acknowledged);
        const refused = acknowledged.length;
        assert.equal(refusal.status, 503);
        assert.equal(refusal.headers.get("Retry-After"), "1");
        assert.equal((await refusal.json()).code, "store_unavailable");

        const notReady = await gateway.fetch("/ready");
        assert.equal(notReady.status, 503);
        assert.match((await notReady.json()).problems.join(), /the store can't write: .+/);

        await Deno.remove(ballast);
        // If the disk filled up after the commit, the refused one is there, and is told by its key.
        for (const number of [refused, MAX_EVENTS]) {
          await eventually("acceptance", async () => {
            const response = await send(gateway, number);
            await response.body?.cancel();
            return response.ok || undefined;
          });
          acknowledged.push(number);
        }
        const ready = await gateway.fetch("/ready");
        assert.equal(ready.status, 200, await ready.text());
        assert.deepEqual(await numbersOf(gateway), acknowledged);
        await fullyPublished(gateway, PAGE_EVENTS);
        await gateway.stop();
      }
      await using restarted = await Gateway.start(options);
      assert.deepEqual(await numbersOf(restarted), acknowledged);
      await fullyPublished(restarted, PAGE_EVENTS);
      await restarted.stop();
    },
  });
}

Deno.test({
  name: "a Parquet file that the disk has no room for is no fault of the query, and nothing stays",
  ignore: !mayMount,
  fn: async () => {
    await using directory = await temporaryDirectory();
    await using disk = await smallDisk(directory.path, 16);
    const databasePath = join(disk.path, "gateway.db");
    await using gateway = await Gateway.start({ directory: directory.path, databasePath });
    const response = await gateway.fetch("/api/query", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/vnd.apache.parquet" },
      body: JSON.stringify({ sql: "SELECT uuid() FROM range(4_000_000)", max_rows: 4_000_000 }),
    });
    assert.equal(response.status, 503);
    assert.match((await response.json()).error, /no room on the disk/);
    assert.ok((await send(gateway, 0)).ok);
    assert.deepEqual(await numbersOf(gateway), [0]);
    await gateway.stop();
  },
});

/** Sends events until one is refused. @returns the refusal */
async function fill(gateway: Gateway, acknowledged: number[]): Promise<Response> {
  for (let number = 0; number < MAX_EVENTS; number++) {
    const response = await send(gateway, number);
    if (!response.ok) return response;
    await response.body?.cancel();
    acknowledged.push(number);
  }
  throw new Error(`the disk took ${MAX_EVENTS} events`);
}

function send(gateway: Gateway, number: number): Promise<Response> {
  // Random, so that the database can't be smaller than what was sent.
  const noise = crypto.getRandomValues(new Uint8Array(EVENT_BYTES * 3 / 4)).toBase64();
  return gateway.fetch("/ingest", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ event_type: "Noise", id: `noise-${number}`, number, noise }),
  });
}

/** The stored events' numbers, in the order of storage. */
async function numbersOf(gateway: Gateway): Promise<unknown[]> {
  return (await listEvents(gateway, PAGE_EVENTS)).map(({ data }) => data["number"]).reverse();
}
