import assert from "node:assert/strict";
import { Gateway } from "../e2e/gateway.ts";
import { Robot } from "./robot.ts";

const SIZE = { columns: 160, rows: 40 };

function send(gateway: Gateway, event: Record<string, unknown>): Promise<Response> {
  return gateway.fetch("/ingest", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(event),
  });
}

Deno.test("an event is seen in every tab as soon as the gateway has it", async () => {
  await using gateway = await Gateway.start();
  await using robot = Robot.top(gateway.url, SIZE);
  await robot.sees("no events yet");
  const message = "Quero cancelar meu plano 🚗";
  const sent = await send(gateway, { type: "UserMessage", conversation_id: "ana", message });
  const { id } = await sent.json();
  await robot.sees("1 of 1");
  await robot.sees(/UserMessage +ana +#0 +Quero cancelar meu plano 🚗/);
  await robot.press("enter");
  await robot.sees(id);
  await robot.sees("messages/min");
  await robot.sees('"message": "Quero cancelar meu plano 🚗"');
  await robot.press("2");
  await robot.sees(/▸ UserMessage +1/);
  await robot.press("l");
  await robot.sees(/▾ UserMessage +1/);
  await robot.sees(/· conversation_id +string +█+ 100 %/);
  await robot.sees("at most 1 a minute");
  await robot.press("4");
  await robot.sees(/publish .* 1 │/);
  await robot.press("5");
  await robot.sees(/#0 .* UserMessage .* first .* hashing/);
  await robot.press("6");
  await robot.sees(/INFO +collider is ready/);
  await robot.press("3");
  await robot.press(..."hello", "enter");
  await robot.sees("Start it without --no-llm");
});

Deno.test("the dashboard recovers when its gateway is killed and started again", async () => {
  const directory = await Deno.makeTempDir({ prefix: "collider-" });
  try {
    const gateway = await Gateway.start({ directory });
    const { port } = new URL(gateway.url);
    await using robot = Robot.top(gateway.url, SIZE);
    await send(gateway, { type: "First", message: "before" });
    await robot.sees("1 of 1");
    await gateway.kill();
    await robot.sees("reconnecting");
    await using again = await Gateway.start({ directory, flags: ["--port", port] });
    await send(again, { type: "Second", message: "after" });
    await robot.sees("2 of 2");
    assert.match(robot.screen, /Second[^]*First/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a gateway that is started in a terminal draws its own dashboard", async () => {
  const directory = await Deno.makeTempDir({ prefix: "collider-" });
  try {
    const flags = ["--no-llm", "--port", "0", "--data-dir", directory];
    const ring = ["--ring-path", `${directory}/ring`, "--ring-capacity", "64"];
    const command = [Deno.execPath(), "run", "--no-prompt", "-A", "main.ts", ...flags, ...ring];
    await using robot = new Robot({ ...SIZE, command });
    await robot.sees("no events yet");
    const [url] = /127\.0\.0\.1:\d+/.exec(robot.emulator.lines().at(-1)!)!;
    const response = await fetch(`http://${url}/ingest`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"type": "Live", "message": "hello"}',
    });
    await response.body?.cancel();
    await robot.sees(/Live .* hello/);
    await robot.press("q");
    assert.deepEqual(await robot.ending, { code: 0, echoes: true, readsLines: true });
    assert.ok(!robot.emulator.isAlternate);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
