import assert from "node:assert/strict";
import { eventually, Gateway } from "./gateway.ts";

interface Result {
  readonly event: { readonly data: { readonly message: string } };
  readonly cosine: number | null;
  readonly bm25: number | null;
}

const MESSAGES = [
  "Quero cancelar meu plano de saúde",
  "Qual o preço do seguro do carro?",
  "I would like to cancel my health plan",
  "The weather is nice today",
];

async function gatewayWithMessages(): Promise<Gateway> {
  const gateway = await Gateway.start();
  for (const [i, message] of MESSAGES.entries()) {
    const type = i < 2 ? "Pedido" : "Request";
    await gateway.ingest({ type, message, conversation_id: `c${i}` });
  }
  await eventually("the frames", async () => {
    const { ring } = await (await gateway.fetch("/metrics")).json();
    return ring.head === MESSAGES.length || undefined;
  });
  return gateway;
}

function search(gateway: Gateway, body: unknown): Promise<Response> {
  return gateway.fetch("/api/search", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function found(gateway: Gateway, body: unknown): Promise<Result[]> {
  const response = await search(gateway, body);
  assert.equal(response.status, 200);
  return (await response.json()).results;
}

function messages(results: readonly Result[]): string[] {
  return results.map(({ event }) => event.data.message);
}

Deno.test("events are found by what is like them, by their words, and by both", async () => {
  await using gateway = await gatewayWithMessages();
  const near = await found(gateway, { text: MESSAGES[0], mode: "vector", k: 2 });
  assert.equal(messages(near)[0], MESSAGES[0]);
  assert.ok(near[0]!.cosine! > 0.999);
  assert.equal(near.length, 2);

  const worded = await found(gateway, { text: "saude SEGURO", mode: "text" });
  assert.deepEqual(messages(worded).sort(), [MESSAGES[1], MESSAGES[0]].sort());
  assert.equal(worded[0]!.cosine, null);

  const [best] = await found(gateway, { text: "cancel plan" });
  assert.equal(best!.event.data.message, MESSAGES[2]);
  assert.ok(best!.cosine !== null && best!.bm25 !== null);
});

Deno.test("a search keeps to its filter", async () => {
  await using gateway = await gatewayWithMessages();
  for (const mode of ["vector", "hybrid"]) {
    const text = MESSAGES[0];
    const type = await found(gateway, { text, mode, filter: { type: "Request" } });
    assert.deepEqual(messages(type).sort(), [MESSAGES[2], MESSAGES[3]].sort());
    const conversation = await found(gateway, { text, mode, filter: { conversation_id: "c3" } });
    assert.deepEqual(messages(conversation), [MESSAGES[3]]);
    assert.deepEqual(await found(gateway, { text, mode, filter: { type: "Nothing" } }), []);
    const until = "2020-01-01T00:00:00Z";
    assert.deepEqual(await found(gateway, { text, mode, filter: { until } }), []);
  }
});

Deno.test("a wrong search is refused with the member that is wrong", async () => {
  await using gateway = await Gateway.start();
  const wrong: [body: unknown, says: RegExp][] = [
    [{}, /text/],
    [{ text: "  " }, /text/],
    [{ text: "a", k: 0 }, /k/],
    [{ text: "a", mode: "magic" }, /mode/],
    [{ text: "a", filter: { since: "yesterday" } }, /filter\.since.*RFC 3339/],
    [{ text: "a", filter: { sincé: 1 } }, /filter/],
  ];
  for (const [body, says] of wrong) {
    const response = await search(gateway, body);
    assert.equal(response.status, 400);
    assert.match((await response.json()).error, says);
  }
  assert.deepEqual(await found(gateway, { text: "anything" }), []);
});
