import assert from "node:assert/strict";
import { Database } from "./database.ts";
import { temporaryDatabasePath } from "./fixtures.ts";
import { UnfoldedRows } from "./unfolded_rows.ts";

/** As many as a stream stores in one transaction at most. */
const GROUP_ROWS = 10_000;

Deno.test("UnfoldedRows come to row groups that DuckDB does not merge", async () => {
  await using file = await temporaryDatabasePath();
  const database = await Database.open({ path: file.path });
  await database.use(async (connection) => {
    await connection.run("CREATE TABLE numbers (n BIGINT)");
    const unfolded = new UnfoldedRows();
    const folds = 6;
    const sizes: number[] = [];
    for (let fold = 0; fold < folds; fold++) {
      let rows = 0;
      while (!unfolded.areMany) {
        await connection.run(`INSERT INTO numbers FROM range(${GROUP_ROWS})`);
        unfolded.add("numbers", GROUP_ROWS, 0);
        rows += GROUP_ROWS;
      }
      unfolded.clear();
      sizes.push(rows);
      await connection.run("CHECKPOINT");
    }
    const reader = await connection.runAndReadAll(
      `SELECT sum(count)::INTEGER FROM pragma_storage_info('numbers')
      WHERE segment_type = 'BIGINT' GROUP BY row_group_id ORDER BY row_group_id`,
    );
    assert.deepEqual(reader.getRows().map(([rows]) => rows), sizes);
  });
  await database.close();
});

Deno.test("UnfoldedRows are many by what they hold, too, or in one table alone", () => {
  const unfolded = new UnfoldedRows();
  for (let i = 0; i < 40; i++) {
    assert.ok(!unfolded.areMany, `${i} MiB`);
    unfolded.add(i % 2 === 0 ? "events" : "enrichments", 1, 1 << 20);
  }
  assert.ok(unfolded.areMany);
  unfolded.clear();
  assert.ok(!unfolded.areMany);
  unfolded.add("events", 100_000, 0);
  unfolded.add("enrichments", 100_000, 0);
  assert.ok(!unfolded.areMany);
  unfolded.add("enrichments", 10_000, 0);
  assert.ok(unfolded.areMany);
});
