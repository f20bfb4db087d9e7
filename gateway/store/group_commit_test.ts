import assert from "node:assert/strict";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { GatewayEvent } from "../event/event.ts";
import { Database } from "./database.ts";
import { StoreBusyError, StoreUnavailableError } from "./errors.ts";
import { newEvent, takeAway, temporaryDatabasePath } from "./fixtures.ts";
import { GroupCommit, type GroupCommitOptions } from "./group_commit.ts";

/** A group commit on a database in memory, with another connection to it. */
async function withGroupCommit(
  test: (commits: GroupCommit, connection: DuckDBConnection) => Promise<void>,
  options: GroupCommitOptions = {},
): Promise<void> {
  const database = await Database.open({ path: ":memory:" });
  const commits = new GroupCommit(database, options);
  try {
    await test(commits, await database.connect());
    await commits.close();
  } finally {
    await database.close();
  }
}

async function countRows(connection: DuckDBConnection, table = "events"): Promise<number> {
  const reader = await connection.runAndReadAll(`SELECT count(*) FROM ${table}`);
  return Number(reader.value(0, 0));
}

function newEvents(count: number): GatewayEvent[] {
  return Array.from({ length: count }, () => newEvent());
}

Deno.test("GroupCommit answers only after the transaction is committed", async () => {
  await withGroupCommit(async (commits, connection) => {
    const answer = commits.append(newEvents(3));
    assert.equal(await countRows(connection), 0);
    await answer;
    assert.equal(await countRows(connection), 3);
  });
});

Deno.test("GroupCommit answers only when the events outlive the process", async () => {
  await using file = await temporaryDatabasePath();
  // The process ends at the answer, without a checkpoint and without closing anything.
  const script = `
    import { Database } from "${import.meta.resolve("./database.ts")}";
    import { newEvent } from "${import.meta.resolve("./fixtures.ts")}";
    import { GroupCommit } from "${import.meta.resolve("./group_commit.ts")}";
    const commits = new GroupCommit(await Database.open({ path: ${JSON.stringify(file.path)} }));
    await commits.append([newEvent(), newEvent()]);
    Deno.kill(Deno.pid, "SIGKILL");`;
  const { signal } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
  assert.equal(signal, "SIGKILL");
  const database = await Database.open({ path: file.path });
  assert.equal(await countRows(await database.connect()), 2);
  await database.close();
});

Deno.test("GroupCommit tells streams from single events, be they ever so many", () =>
  withGroupCommit(async (commits) => {
    await Promise.all(newEvents(1_000).map((event) => commits.append([event])));
    assert.equal(commits.isStreaming, false);
    await commits.append(newEvents(256));
    assert.equal(commits.isStreaming, true);
  }));

Deno.test("GroupCommit puts everything that waits into one transaction", async () => {
  const groups: number[] = [];
  await withGroupCommit(async (commits, connection) => {
    await Promise.all([1, 2, 3, 4].map((count) => commits.append(newEvents(count))));
    assert.deepEqual(groups, [10]);
    assert.equal(await countRows(connection), 10);
    assert.equal(commits.queuedEvents, 0);
  }, { onCommit: ({ events }) => groups.push(events) });
});

Deno.test("GroupCommit keeps the order of the appends over several groups", async () => {
  const groups: number[] = [];
  await withGroupCommit(async (commits, connection) => {
    await Promise.all([6_000, 6_000, 6_000].map((count) => commits.append(newEvents(count))));
    assert.deepEqual(groups, [6_000, 6_000, 6_000]);
    const disordered = await connection.runAndReadAll(
      "FROM (SELECT id > lag(id) OVER (ORDER BY rowid) AS grows FROM events) WHERE NOT grows",
    );
    assert.equal(disordered.currentRowCount, 0);
  }, { onCommit: ({ events }) => groups.push(events) });
});

Deno.test("GroupCommit refuses what exceeds its queue, and goes on when there is room", async () => {
  await withGroupCommit(async (commits, connection) => {
    const waiting = commits.append(newEvents(3));
    await assert.rejects(commits.append(newEvents(2)), StoreBusyError);
    const fitting = commits.append(newEvents(1));
    await Promise.all([waiting, fitting]);
    await commits.append(newEvents(4));
    assert.equal(await countRows(connection), 8);
  }, { maxQueuedEvents: 4 });
});

Deno.test("GroupCommit bounds the bytes that wait", async () => {
  await withGroupCommit(async (commits, connection) => {
    const large = newEvent({ type: "Message", message: "x".repeat(1_000) });
    const waiting = commits.append([large]);
    await assert.rejects(commits.append([newEvent()]), StoreBusyError);
    await waiting;
    assert.equal(await countRows(connection), 1);
  }, { maxQueuedBytes: 1_000 });
});

Deno.test("GroupCommit is crowded when much of its queue is taken, by events or bytes", async () => {
  for (const options of [{ maxQueuedEvents: 4 }, { maxQueuedBytes: 4_000 }]) {
    await withGroupCommit(async (commits) => {
      const event = newEvent({ type: "Message", message: "x".repeat(450) });
      const waiting = [commits.append([event]), commits.append([event])];
      assert.ok(!commits.isCrowded);
      waiting.push(commits.append([event]));
      assert.ok(commits.isCrowded);
      await Promise.all(waiting);
      assert.ok(!commits.isCrowded);
    }, options);
  }
});

Deno.test("GroupCommit takes a single append that is larger than its queue", async () => {
  await withGroupCommit(async (commits, connection) => {
    await commits.append(newEvents(5));
    assert.equal(await countRows(connection), 5);
  }, { maxQueuedEvents: 2 });
});

Deno.test("GroupCommit refuses the whole group of a failed transaction, then goes on", async () => {
  await withGroupCommit(async (commits, connection) => {
    await connection.run("ALTER TABLE events RENAME TO away");
    const answers = await Promise.allSettled([
      commits.append(newEvents(2)),
      commits.append(newEvents(1)),
    ]);
    for (const answer of answers) {
      assert.equal(answer.status, "rejected");
      assert.ok(answer.reason instanceof StoreUnavailableError);
    }
    assert.ok(commits.failure instanceof StoreUnavailableError);
    assert.equal(await countRows(connection, "away"), 0);
    assert.equal(commits.queuedEvents, 0);

    await connection.run("ALTER TABLE away RENAME TO events");
    await commits.append(newEvents(1));
    assert.equal(commits.failure, null);
    assert.equal(await countRows(connection), 1);
  });
});

Deno.test("GroupCommit.probe finds out that the store takes writes again", async () => {
  await withGroupCommit(async (commits, connection) => {
    await connection.run("ALTER TABLE events RENAME TO away");
    await connection.run("ALTER TABLE config RENAME TO away_too");
    await assert.rejects(commits.append(newEvents(1)), StoreUnavailableError);
    await commits.probe();
    assert.ok(commits.failure instanceof StoreUnavailableError);

    await connection.run("ALTER TABLE away_too RENAME TO config");
    await connection.run("ALTER TABLE away RENAME TO events");
    await commits.probe();
    assert.equal(commits.failure, null);
  });
});

Deno.test("GroupCommit.probe has a database opened anew that could not be opened before", async () => {
  await using file = await temporaryDatabasePath();
  const database = await Database.open({ path: file.path });
  await database.use((connection) => connection.run("CHECKPOINT"));
  const commits = new GroupCommit(database);
  const connect = database.connect.bind(database);
  {
    await using _away = await takeAway(file.path);
    database.connect = () => Promise.reject(new Error("FATAL Error: the disk is full"));
    await assert.rejects(commits.append(newEvents(1)), StoreUnavailableError);
    database.connect = connect;
    await commits.probe();
    assert.ok(commits.failure instanceof StoreUnavailableError);
  }
  await commits.probe();
  assert.equal(commits.failure, null);
  await commits.append(newEvents(2));
  assert.equal(await countRows(await database.connect()), 2);
  await commits.close();
  await database.close();
});

Deno.test("GroupCommit answers each of many appends that come one after the other", async () => {
  const groups: number[] = [];
  await withGroupCommit(async (commits, connection) => {
    for (let i = 0; i < 300; i++) {
      await commits.append([newEvent()]);
    }
    assert.deepEqual(groups, Array<number>(300).fill(1));
    assert.equal(await countRows(connection), 300);
  }, { onCommit: ({ events }) => groups.push(events) });
});

Deno.test("GroupCommit.close commits what waits and refuses what comes", async () => {
  await withGroupCommit(async (commits, connection) => {
    const waiting = commits.append([newEvent()]);
    const closing = commits.close();
    await assert.rejects(commits.append(newEvents(1)), StoreUnavailableError);
    await Promise.all([waiting, closing]);
    assert.equal(await countRows(connection), 1);
  });
});
