import assert from "node:assert/strict";
import { type ThemeName, THEMES } from "../../tui/screen/theme.ts";
import { describeStyle } from "../../tui/screen/style.ts";
import { FakeGateway } from "./fake_gateway.ts";
import { Robot } from "./robot.ts";

const SMALL = { columns: 80, rows: 24 };
const MEDIUM = { columns: 120, rows: 40 };
const LARGE = { columns: 300, rows: 100 };

const ALL_LOADED = "10,000,000 of 10,000,000";

Deno.test("every tab is readable in terminals of every size", async (t) => {
  await using gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, MEDIUM);
  await gateway.settled;
  for (const size of [SMALL, MEDIUM, LARGE]) {
    const name = `${size.columns}x${size.rows}`;
    await robot.resize(size);
    await t.step(`events, ${name}`, async () => {
      await robot.press("1");
      await robot.seesSnapshot(`events_${name}`);
    });
    await t.step(`one event, ${name}`, async () => {
      await robot.press("enter");
      await robot.seesSnapshot(`event_${name}`);
      await robot.press("escape", " ");
    });
    await t.step(`schemas, ${name}`, async () => {
      await robot.press("2", "l");
      await robot.seesSnapshot(`schemas_${name}`);
    });
    await t.step(`chat, ${name}`, async () => {
      await robot.press("3");
      await robot.seesSnapshot(`chat_${name}`);
      await robot.press("escape");
    });
    await t.step(`metrics, ${name}`, async () => {
      await robot.press("4");
      await robot.seesSnapshot(`metrics_${name}`);
    });
    await t.step(`ring, ${name}`, async () => {
      await robot.press("5");
      await robot.seesSnapshot(`ring_${name}`);
    });
    await t.step(`logs, ${name}`, async () => {
      await robot.press("6");
      await robot.seesSnapshot(`logs_${name}`);
    });
  }
});

Deno.test("a terminal of any size, however small, is drawn on", async () => {
  await using gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, SMALL);
  await robot.sees(ALL_LOADED);
  for (const key of ["1", "enter", "?", "escape", ":", "escape", "2", "4", "5", "6", "3"]) {
    await robot.press(key);
    for (const [columns, rows] of [[1, 1], [7, 2], [20, 5], [400, 3]] as const) {
      await robot.resize({ columns, rows });
    }
    await robot.resize(SMALL);
    await robot.sees("⬢ coll");
  }
  await robot.sees("Say what you want");
  assert.doesNotMatch(robot.output, /can't be shown/);
});

Deno.test("ten million events are scrolled through from both ends", async () => {
  await using gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, SMALL);
  await gateway.settled;
  const asked = gateway.requests.length;
  await robot.press("G");
  await robot.sees("─ 1 of 10,000,000");
  await robot.press(...Array<string>(20).fill("k"));
  await robot.sees("─ 21 of 10,000,000");
  await robot.press("g");
  await robot.sees(/live.* 10,000,000 of/);
  for (let page = 1; page <= 30; page++) {
    await robot.press("pagedown");
    await robot.sees(`${(10_000_000 - page * 19).toLocaleString("en-US")} of 10,000,000`);
  }
  await robot.sees("paused");
  const pages = gateway.requests.slice(asked).filter((path) => path.startsWith("/api/events"));
  assert.ok(pages.length < 30, `${pages.length} pages for some hundred events`);
});

Deno.test("new events are followed, until somebody looks at old ones", async () => {
  await using gateway = new FakeGateway({ events: 1_000 });
  await using robot = Robot.top(gateway.url, SMALL);
  await robot.sees("1,000 of 1,000");
  gateway.events = 1_500;
  await robot.sees(/live.* 1,500 of 1,500/);
  await robot.press("j");
  await robot.sees(/paused.* 1,499 of 1,500/);
  gateway.events = 1_700;
  await robot.sees(/paused, 200 newer.* 1,499 of 1,700/);
  await robot.press(" ");
  await robot.sees(/live.* 1,700 of 1,700/);
});

Deno.test("a filter shows what it is for, and goes away", async () => {
  await using gateway = new FakeGateway({ events: 300 });
  await using robot = Robot.top(gateway.url, SMALL);
  await robot.sees("300 of 300");
  await robot.press("/", ..."type:ClaimOpened", "enter");
  await robot.sees("33 found");
  assert.doesNotMatch(robot.screen, /UserMessage/);
  await robot.press("escape");
  await robot.sees("300 of 300");
  await robot.press("/", ..."onix 2023", "enter");
  await robot.sees("34 found");
});

Deno.test("keys lead to every command: help and palette name them", async () => {
  await using gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, MEDIUM);
  await gateway.settled;
  await robot.press("?");
  await robot.seesSnapshot("help");
  await robot.press("?", ":", ..."light");
  await robot.seesSnapshot("palette");
  await robot.press("enter");
  await robot.sees(ALL_LOADED);
  await robot.press("tab", "tab", "shift-tab");
  await robot.sees("First sample");
});

Deno.test("a conversation streams, and fills an event in", async () => {
  await using gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, MEDIUM);
  await gateway.settled;
  await robot.press("3");
  await robot.sees("Say what you want");
  await robot.press(..."Quero um seguro", "alt-enter", ..."pro meu 🚗 já", "enter");
  await robot.sees("missing");
  await robot.seesSnapshot("conversation");
  await robot.press("1", "2", "backspace");
  await robot.sees("│ 1  ");
});

Deno.test("the mouse selects tabs and rows, scrolls, and can be turned off", async () => {
  await using gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, SMALL);
  await robot.sees(ALL_LOADED);
  assert.equal(robot.emulator.modes.mouseTrackingMode, "vt200");
  await robot.click(10, 8);
  await robot.sees("9,999,995 of");
  await robot.press("\x1b[<65;10;10M");
  await robot.sees("9,999,992 of");
  await robot.click(10, 8);
  await robot.click(10, 8);
  await robot.sees("esc closes");
  await robot.click(30, 0);
  await robot.sees("First sample");
  await robot.press("m");
  await robot.sees("the mouse selects text");
  assert.equal(robot.emulator.modes.mouseTrackingMode, "none");
});

Deno.test("what is selected goes to the clipboard", async () => {
  await using gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, SMALL);
  await robot.sees(ALL_LOADED);
  await robot.press("y");
  await robot.sees("copied");
  assert.equal(JSON.parse(robot.copied[0]!).message, "Claro! Qual é o modelo do carro?");
});

Deno.test("no event, name or log line commands the terminal", async () => {
  await using gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, MEDIUM);
  await robot.sees("␛[31mred␛[0m ␛]0;owned␇ �2J user�gnp.exe");
  await robot.press("6");
  await robot.sees("␛[2J␛]0;owned␇ says a client");
  assert.equal(robot.emulator.title, "");
  // deno-lint-ignore no-control-regex -- finding them is the point
  assert.doesNotMatch(robot.output, /\x1b\]0|\x9b|\u202e/);
});

Deno.test("themes change colours and nothing else", async () => {
  const backgrounds = new Map<ThemeName, number | undefined>();
  for (const theme of ["dark", "light", "none"] as const) {
    await using gateway = new FakeGateway();
    await using robot = Robot.top(gateway.url, SMALL, ["--theme", theme]);
    await gateway.settled;
    await robot.seesSnapshot("events_80x24");
    const cells = robot.emulator.cells();
    backgrounds.set(theme, cells[10]![5]!.style.bg);
    if (theme !== "none") continue;
    const colours = cells.flat().filter(({ style }) => (style.fg ?? style.bg) !== undefined);
    assert.deepEqual(colours, []);
  }
  const expected = (["dark", "light", "none"] as const)
    .map((name) => [name, describeStyle(THEMES[name].screen).bg] as const);
  assert.deepEqual([...backgrounds], expected);
});

Deno.test("NO_COLOR is respected", async () => {
  await using gateway = new FakeGateway();
  const command = [Deno.execPath(), "run", "-A", "main.ts", "top", "--url", gateway.url];
  await using robot = new Robot({ ...SMALL, command, env: { NO_COLOR: "1" } });
  await robot.sees(ALL_LOADED);
  const hasColour = robot.emulator.cells().flat().some(({ style }) => style.fg !== undefined);
  assert.ok(!hasColour);
});

Deno.test("a gateway that goes away is waited for", async () => {
  const gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, SMALL);
  await robot.sees(ALL_LOADED);
  await gateway[Symbol.asyncDispose]();
  await robot.sees("○ reconnecting to 127.0.0.1:·····");
  await robot.press("j");
  await robot.sees("9,999,999 of");
  await using _again = new FakeGateway({ port: gateway.port, events: 10_000_005 });
  await robot.sees(/● 127\.0\.0\.1.* 10,000,005 events/);
});

Deno.test("a gateway that is not there yet is waited for", async () => {
  const gone = new FakeGateway();
  await gone[Symbol.asyncDispose]();
  const { port } = gone;
  await using robot = Robot.top(`http://127.0.0.1:${port}`, SMALL);
  await robot.sees("no gateway answers at 127.0.0.1:·····");
  await using _gateway = new FakeGateway({ port });
  await robot.sees(ALL_LOADED);
});

Deno.test("a gateway that asks for a token gets it, and says so if it does not", async () => {
  await using gateway = new FakeGateway({ token: "s3cret" });
  await using refused = Robot.top(gateway.url, SMALL);
  await refused.sees("Give it with --token");
  await using robot = Robot.top(gateway.url, SMALL, ["--token", "s3cret"]);
  await robot.sees(ALL_LOADED);
});

Deno.test("nothing is drawn while nothing changes", async () => {
  await using gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, SMALL);
  await gateway.settled;
  await robot.quiet();
  const [written, asked] = [robot.output.length, gateway.requests.length];
  while (gateway.requests.length < asked + 10) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal(robot.output.slice(written), "");
});
