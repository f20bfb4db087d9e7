import assert from "node:assert/strict";
import { eventually, Gateway } from "./gateway.ts";

const LINES = 1_000_000;
const LINES_PER_CHUNK = 10_000;
/** So many may be under way between the client and their commit. */
const MAX_IN_FLIGHT_LINES = 200_000;
/** A million parsed events alone would take more than that. */
const MAX_RESIDENT_BYTES = 640e6;
const HALF_STORED_TIMEOUT_MS = 60_000;

Deno.test({
  name: "a body of a million lines is stored while it comes, in bounded memory",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using gateway = await Gateway.start();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        // The body has not ended: whoever gathers it first has nothing stored by now.
        if (sent === LINES / 2) await stored(gateway, sent - MAX_IN_FLIGHT_LINES);
        if (sent === LINES) return controller.close();
        controller.enqueue(linesFrom(sent));
        sent += LINES_PER_CHUNK;
      },
    });
    const response = await gateway.fetch("/ingest", {
      method: "POST",
      headers: { "Content-Type": "application/x-ndjson" },
      body,
    });
    assert.equal((await response.json()).accepted, LINES);
    const residentBytes = await gateway.peakResidentBytes();
    assert.ok(residentBytes < MAX_RESIDENT_BYTES, `${residentBytes} bytes were resident`);
  },
});

async function stored(gateway: Gateway, count: number): Promise<void> {
  await eventually(`the storage of ${count} events`, async () => {
    const { events_ingested } = await (await gateway.fetch("/metrics")).json();
    return events_ingested >= count || undefined;
  }, HALF_STORED_TIMEOUT_MS);
}

function linesFrom(first: number): Uint8Array {
  let lines = "";
  for (let n = first; n < first + LINES_PER_CHUNK; n++) lines += `{"type":"Tick","n":${n}}\n`;
  return new TextEncoder().encode(lines);
}
