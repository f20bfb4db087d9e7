import { join } from "node:path";
import { eventually, type Gateway } from "../e2e/gateway.ts";

/** A directory of its own, removed with everything in it. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "collider-fault-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Whether this process may mount file systems: as root, and in a container that allows it. */
export async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  try {
    await using directory = await temporaryDirectory();
    await using _disk = await smallDisk(directory.path, 1);
    return true;
  } catch {
    return false;
  }
}

/** A file system of so many MiB, mounted in `directory`. */
export async function smallDisk(
  directory: string,
  sizeMiB: number,
  mountOptions: readonly string[] = [],
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = join(directory, "disk");
  await Deno.mkdir(path);
  const options = [`size=${sizeMiB}m`, ...mountOptions].join(",");
  await run("mount", ["-t", "tmpfs", "-o", options, "collider-test", path]);
  // Lazily: a process that was just killed may still have its files open.
  return { path, [Symbol.asyncDispose]: () => run("umount", ["--lazy", path]) };
}

/** Runs a command to its end. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}

/** Sends one event. @returns its id, or null if it was not acknowledged */
export async function post(
  gateway: Gateway,
  payload: Record<string, unknown>,
): Promise<string | null> {
  const response = await gateway.fetch("/ingest", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(payload),
  });
  const body = await response.json();
  return response.ok ? body.id : null;
}

/** Sends events as NDJSON, as one request. @returns how many were acknowledged */
export async function postLines(
  gateway: Gateway,
  payloads: Iterable<Record<string, unknown>>,
): Promise<number> {
  const response = await gateway.fetch("/ingest", {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson" },
    body: [...payloads].map((payload) => `${JSON.stringify(payload)}\n`).join(""),
  });
  const body = await response.json();
  return body.accepted;
}

/** An event as `/api/events` gives it. */
export interface ListedEvent {
  readonly id: string;
  readonly frame_id: number | null;
  readonly data: Record<string, unknown>;
}

/** All events, newest first. The store must be able to hold `pageEvents` of them in memory. */
export async function listEvents(gateway: Gateway, pageEvents = 10_000): Promise<ListedEvent[]> {
  const events: ListedEvent[] = [];
  let cursor: string | null = null;
  do {
    const response = await gateway.fetch(
      `/api/events?limit=${pageEvents}${cursor === null ? "" : `&cursor=${cursor}`}`,
    );
    if (!response.ok) throw new Error(`${await response.text()}\n${gateway.log}`);
    const page: { events: ListedEvent[]; next_cursor: string | null } = await response.json();
    events.push(...page.events);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return events;
}

/** All events, as soon as each of them has its frame. */
export function fullyPublished(gateway: Gateway, pageEvents?: number): Promise<ListedEvent[]> {
  return eventually("the publication of all events", async () => {
    const events = await listEvents(gateway, pageEvents);
    return events.every(({ frame_id }) => frame_id !== null) ? events : undefined;
  });
}
