import assert from "node:assert/strict";
import { tableFromIPC } from "apache-arrow";
import { eventually, Gateway } from "./gateway.ts";

async function gatewayWithTicks(count: number): Promise<Gateway> {
  const gateway = await Gateway.start();
  const lines = Array.from({ length: count }, (_, n) => `{"type":"Tick","n":${n},"t":"a,\\"b"}\n`);
  const headers = { "Content-Type": "application/x-ndjson" };
  await gateway.fetch("/ingest", { method: "POST", headers, body: lines.join("") });
  return gateway;
}

function query(gateway: Gateway, sql: string, options: RequestInit & { maxRows?: number } = {}) {
  const { maxRows, ...init } = options;
  return gateway.fetch("/api/query", {
    ...init,
    method: "POST",
    headers: { "Content-Type": "application/json", ...init.headers },
    body: JSON.stringify({ sql, ...(maxRows === undefined ? {} : { max_rows: maxRows }) }),
  });
}

const NUMBERS = "SELECT (payload->>'n')::INTEGER AS n, payload->>'t' AS t FROM events ORDER BY id";

Deno.test("a query is answered in the form that is asked for", async () => {
  await using gateway = await gatewayWithTicks(5_000);
  const as = async (Accept: string) => {
    const response = await query(gateway, NUMBERS, { headers: { Accept }, maxRows: 3_000 });
    assert.equal(response.headers.get("content-type"), Accept);
    return response;
  };
  const json = await (await as("application/json")).json();
  assert.deepEqual(json.columns, [{ name: "n", type: "INTEGER" }, { name: "t", type: "VARCHAR" }]);
  assert.equal(json.rows.length, 3_000);
  assert.deepEqual(json.rows.at(-1), { n: 2_999, t: 'a,"b' });
  assert.equal(json.truncated, true);

  const lines = (await (await as("application/x-ndjson")).text()).trimEnd().split("\n");
  assert.deepEqual(JSON.parse(lines.at(-1)!), { n: 2_999, t: 'a,"b' });
  const csv = (await (await as("text/csv")).text()).split("\r\n");
  assert.deepEqual([csv.length, csv[0], csv[3_000]], [3_002, "n,t", '2999,"a,""b"']);
  const arrow = tableFromIPC(
    new Uint8Array(await (await as("application/vnd.apache.arrow.stream")).arrayBuffer()),
  );
  assert.equal(arrow.numRows, 3_000);
  assert.deepEqual(arrow.get(2_999)!.toJSON(), { n: 2_999, t: 'a,"b' });
  const parquet = new Uint8Array(
    await (await as("application/vnd.apache.parquet")).arrayBuffer(),
  );
  assert.equal(new TextDecoder().decode(parquet.slice(-4)), "PAR1");
});

Deno.test("an answer breaks off where its query fails, without a stack in the log", async () => {
  await using gateway = await Gateway.start();
  const sql = "SELECT CASE range WHEN 900_000 THEN 'x' ELSE '1' END::INTEGER FROM range(1_000_000)";
  const headers = { Accept: "application/x-ndjson" };
  const response = await query(gateway, sql, { headers, maxRows: 1_000_000 });
  assert.equal(response.status, 200);
  await assert.rejects(response.text());
  await eventually("a line", () => /interrupted, or failed on one/.test(gateway.log) || undefined);
  assert.doesNotMatch(gateway.log, /^ +at /m);
});

Deno.test("a query without rows still names its columns", async () => {
  await using gateway = await Gateway.start();
  const sql = "SELECT id, type FROM events";
  const { columns, rows, truncated } = await (await query(gateway, sql)).json();
  assert.deepEqual([columns.length, rows, truncated], [2, [], false]);
  const csv = await query(gateway, sql, { headers: { Accept: "text/csv" } });
  assert.equal(await csv.text(), "id,type\r\n");
});

Deno.test("a query that fails says why, before or after its first rows", async () => {
  await using gateway = await gatewayWithTicks(5_000);
  const refused = await query(gateway, "DELETE FROM events");
  assert.equal(refused.status, 400);
  const { code, hint } = await refused.json();
  assert.equal(code, "query_refused");
  assert.match(hint, /SELECT/);
  const first = await query(gateway, "SELECT error('no luck') FROM events");
  assert.equal(first.status, 400);
  assert.match((await first.json()).error, /no luck/);
  const late = await query(
    gateway,
    "SELECT CASE WHEN (payload->>'n')::INT < 4900 THEN 1 ELSE error('late') END AS a FROM events",
    { headers: { Accept: "application/x-ndjson" } },
  );
  assert.ok(late.status === 400 || await late.text().then(() => false, () => true));
  assert.equal((await gateway.fetch("/ready")).status, 200);
});

Deno.test("a query ends when its client leaves", async () => {
  await using gateway = await gatewayWithTicks(1);
  const endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b";
  const clients = Array.from({ length: 8 }, () => new AbortController());
  const queries = clients.map(({ signal }) => query(gateway, endless, { signal }));
  const ended = Promise.allSettled(queries);
  // Those that are not refused would take hours.
  const refusal = await Promise.race(queries);
  assert.equal(refusal.status, 503);
  assert.ok(refusal.headers.has("retry-after"));
  for (const client of clients) client.abort();
  await ended;
  await eventually("room for another query", async () => {
    const response = await query(gateway, "SELECT 1");
    await response.body?.cancel();
    return response.status === 200 || undefined;
  });
});
