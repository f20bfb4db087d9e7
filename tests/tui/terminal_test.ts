import assert from "node:assert/strict";
import { FakeGateway } from "./fake_gateway.ts";
import { Robot } from "./robot.ts";

const SIZE = { columns: 80, rows: 24 };
/** The last line of a shell that waits for a command. */
const SHELL_PROMPT = /[#$]\s*$/;

/** Asserts that the terminal is as a shell wants it. */
async function assertRestored({ ending, emulator }: Robot): Promise<number> {
  const { code, ...settings } = await ending;
  assert.deepEqual(settings, { echoes: true, readsLines: true });
  assert.ok(!emulator.isAlternate, "the alternate screen is left");
  assert.equal(emulator.modes.mouseTrackingMode, "none");
  assert.ok(!emulator.modes.bracketedPasteMode);
  assert.ok(!emulator.modes.synchronizedOutputMode);
  assert.ok(emulator.isCursorShown, "the cursor is shown");
  return code;
}

for (const key of ["q", "ctrl-c"]) {
  Deno.test(`the terminal is as it was after ${key}`, async () => {
    await using gateway = new FakeGateway();
    await using robot = Robot.top(gateway.url, SIZE);
    await robot.sees("10,000,000 of");
    assert.ok(robot.emulator.isAlternate);
    await robot.press(key);
    assert.equal(await assertRestored(robot), 0);
  });
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.test(`the terminal is as it was after ${signal}`, async () => {
    await using gateway = new FakeGateway();
    await using robot = Robot.top(gateway.url, SIZE);
    await robot.sees("10,000,000 of");
    await robot.signal(signal);
    await assertRestored(robot);
  });
}

for (
  const [ending, code, says] of [
    ["throws", 1, "nobody catches this"],
    ["rejects", 1, "nobody handles this"],
    ["exits", 3, ""],
    ["leaves while it draws", 0, ""],
  ] as const
) {
  Deno.test(`the terminal is as it was when a program that has it ${ending}`, async () => {
    const program = "tests/tui/misbehaving_program.ts";
    await using robot = new Robot({
      ...SIZE,
      command: [Deno.execPath(), "run", "-A", program, ending],
    });
    assert.equal(await assertRestored(robot), code);
    assert.match(robot.output, /drawn/);
    assert.ok(robot.screen.includes(says), "an error is to be read on the shell's screen");
  });
}

Deno.test("ctrl-z gives the terminal to the shell, fg the dashboard back", async () => {
  await using gateway = new FakeGateway();
  await using robot = new Robot({ ...SIZE, command: ["bash", "--norc", "-i"] });
  await robot.sees(SHELL_PROMPT);
  await robot.press(Robot.topCommand(gateway.url).join(" "), "enter");
  await robot.sees("10,000,000 of");
  await robot.press("ctrl-z");
  await robot.sees(/Stopped/);
  assert.ok(!robot.emulator.isAlternate);
  await robot.press(..."echo $((6 * 7))", "enter");
  await robot.sees("42");
  await robot.resize({ columns: 100, rows: 30 });
  await robot.press(..."fg", "enter");
  await robot.sees("10,000,000 of");
  assert.ok(robot.emulator.isAlternate);
  await robot.press("q");
  await robot.sees(SHELL_PROMPT);
  assert.ok(!robot.emulator.isAlternate);
  assert.ok(robot.emulator.isCursorShown);
  assert.equal(robot.emulator.modes.mouseTrackingMode, "none");
});

Deno.test("without a terminal, the dashboard says so", async () => {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "main.ts", "top"],
    stdin: "null",
  }).output();
  assert.ok(!success);
  assert.match(new TextDecoder().decode(stderr), /needs a terminal[^]*Run it in a terminal/);
});
