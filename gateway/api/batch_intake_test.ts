import assert from "node:assert/strict";
import { newEvent } from "../store/fixtures.ts";
import { StoreUnavailableError } from "../store/errors.ts";
import { Metrics } from "../pipeline/metrics.ts";
import { BatchIntake } from "./batch_intake.ts";

const BATCH_EVENTS = 2_048;

/** An intake whose batches are stored, or not, as they are told to be, one after the other. */
function intakeOf(...outcomes: (() => Promise<number>)[]) {
  const batches: number[] = [];
  const taken = Promise.withResolvers<void>();
  const intake = new BatchIntake({
    metrics: new Metrics(),
    intake: {
      acceptBatch: (events) => {
        batches.push(events.length);
        taken.resolve();
        return outcomes[batches.length - 1]!();
      },
      roomForBatch: () => Promise.resolve(),
    },
  });
  const add = (count: number) => {
    for (let i = 0; i < count; i++) intake.add(i, () => newEvent({ type: "Order" }));
  };
  return { intake, add, batches, taken: taken.promise };
}

const stored = (duplicates = 0) => () => Promise.resolve(duplicates);
const failed = () => Promise.reject(new StoreUnavailableError("the disk is full"));

Deno.test("BatchIntake counts what is stored, and what was there already", async () => {
  const { intake, add, batches } = intakeOf(stored(), stored(3));
  add(BATCH_EVENTS);
  assert.ok(intake.isFull);
  await intake.flush();
  add(5);
  const { accepted, duplicates, rejected_count } = await intake.finish();
  assert.deepEqual([accepted, duplicates, rejected_count], [BATCH_EVENTS + 5, 3, 0]);
  assert.deepEqual(batches, [BATCH_EVENTS, 5]);
});

Deno.test("BatchIntake counts only what comes before the first batch that is not stored", async () => {
  const late = Promise.withResolvers<number>();
  const { intake, add } = intakeOf(() => late.promise, failed, stored());
  for (let i = 0; i < 3; i++) {
    add(BATCH_EVENTS);
    await intake.flush();
  }
  late.resolve(0);
  await assert.rejects(intake.finish(), StoreUnavailableError);
  assert.equal(await intake.settle(), BATCH_EVENTS);
});

Deno.test("BatchIntake stores events that no others come after", async () => {
  const { intake, add, batches, taken } = intakeOf(stored());
  add(2);
  await taken;
  assert.deepEqual(batches, [2]);
  assert.equal((await intake.finish()).accepted, 2);
});
