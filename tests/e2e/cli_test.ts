import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually, Gateway, within } from "./gateway.ts";
import { programCommand } from "./program.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const RUN_TIMEOUT_MS = 20_000;

/** Runs the program to its end. */
async function collider(args: readonly string[], env: Record<string, string> = {}) {
  const { command, ...start } = await programCommand(args);
  const output = new Deno.Command(command, { ...start, env: { ...start.env, ...env } }).output();
  const { code, stdout, stderr } = await within(RUN_TIMEOUT_MS, args.join(" "), output);
  const decoder = new TextDecoder();
  return { code, bytes: stdout, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "collider-cli-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("collider --version says what it was built with", async () => {
  const { code, stdout } = await collider(["--version"]);
  assert.equal(code, 0);
  assert.match(stdout, /^collider \d+\.\d+\.\d+\ndeno 2\..+\nduckdb 1\..+\nonnxruntime 1\..+\n/);
});

Deno.test("collider --help lists commands in groups, and serve its flags", async () => {
  const help = await collider(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /Gateway:\n {2}serve .*\n[^]*Examples:\n/);
  const serve = await collider(["serve", "--help"]);
  assert.match(serve.stdout, /Ring:\n {2}--ring-path <path>/);
});

Deno.test("a wrong command line ends with code 2 and says what was meant", async () => {
  for (
    const [args, meant] of [
      [["tial"], /unknown command 'tial'\n.*tail/],
      [["serve", "--prot", "1"], /unknown option '--prot'\n.*--port/],
      [["--port", "many"], /--port.*whole number from 0 to 65535/],
      [["completions", "csh"], /Allowed choices are .*bash/],
    ] as const
  ) {
    const { code, stderr } = await collider(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, meant);
  }
});

Deno.test("settings come from flags, else variables, else the file, and say so", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "collider.toml");
    await Deno.writeTextFile(
      path,
      'host = "::1"\nport = 1111\ntoken = "s3cret"\nner-labels = ["car", "plan"]\nllm = false\n',
    );
    const show = ["config", "show", "--origin", "--data-dir", folder];
    const { stdout, stderr, code } = await collider(show, { COLLIDER_PORT: "2222" });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^host +::1 +file .+collider\.toml$/m);
    assert.match(stdout, /^port +2222 +variable COLLIDER_PORT$/m);
    assert.match(stdout, /^ner-labels +car,plan +file/m);
    assert.match(stdout, /^llm +false +file/m);
    assert.match(stdout, /^ring-capacity +100000 +default$/m);
    assert.match(stdout, /^token +\*+ +file/m);
    assert.doesNotMatch(stdout, /s3cret/);
    const found = await collider(["config", "path", "--data-dir", folder]);
    assert.equal(found.stdout, `${path}\n`);
  });
});

Deno.test("a configuration file that is wrong stops every command that reads it", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "wrong.toml");
    for (
      const [text, says] of [
        [
          "ring_capacity = 5\n",
          /wrong\.toml: there is no setting "ring_capacity"\n.*ring-capacity/,
        ],
        ["port = 99999\n", /wrong\.toml: port has a value .*\n.*from 0 to 65535/],
        ["port = \n", /wrong\.toml, line 1, column \d+: /],
      ] as const
    ) {
      await Deno.writeTextFile(path, text);
      const { code, stderr } = await collider(["serve", "--config", path]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, says);
    }
  });
});

Deno.test("collider completions has a script for each shell, and completes", async () => {
  for (const shell of ["bash", "zsh", "fish", "powershell"]) {
    const { code, stdout } = await collider(["completions", shell]);
    assert.equal(code, 0);
    assert.match(stdout, /collider complete/, shell);
  }
  const { stdout } = await collider(["complete", "--", "serve", "--device", ""]);
  assert.match(stdout, /^auto\t.*\ncpu\t/);
});

Deno.test({
  name: "completing a line in bash does nothing that stands on it",
  ignore: !(await hasBash()),
  fn: async () => {
    const { stdout } = await collider(["completions", "bash"]);
    await withFolder(async (folder) => {
      // What bash-completion would do, and the program, which tells what it was asked.
      const script = `
        _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cur=\${words[-1]}; }
        collider() { printf '<%s>' "$@" >> asked; }
        ${stdout}
        ${stdout}
        COMP_WORDS=(collider query '"$(touch made)"' '>' kept --form); __collider_complete
        COMP_WORDS=(collider ''); __collider_complete
        COMP_WORDS=(collider serve --device ''); __collider_complete`;
      await Deno.writeTextFile(join(folder, "kept"), "kept");
      const bash = new Deno.Command("bash", { args: ["-c", script], cwd: folder });
      const { stderr } = await bash.output();
      assert.equal(new TextDecoder().decode(stderr), "");
      assert.equal(await Deno.readTextFile(join(folder, "kept")), "kept");
      await assert.rejects(Deno.stat(join(folder, "made")), Deno.errors.NotFound);
      assert.equal(
        await Deno.readTextFile(join(folder, "asked")),
        '<complete><--><query><"$(touch made)"><>><kept><--form>' +
          "<complete><--><><complete><--><serve><--device><>",
      );
    });
  },
});

Deno.test("collider consumer writes out the Python reader", async () => {
  const { code, bytes } = await collider(["consumer"]);
  assert.equal(code, 0);
  assert.deepEqual(bytes, await Deno.readFile(join(ROOT, "consumer.py")));
});

Deno.test({
  name: "output that does not fit on the disk is told in words",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { command, args, ...start } = await programCommand(["consumer"]);
    const shell = ["-c", 'exec "$0" "$@" > /dev/full', command, ...args];
    const { code, stderr } = await new Deno.Command("sh", { ...start, args: shell }).output();
    const told = new TextDecoder().decode(stderr);
    assert.equal(code, 1);
    assert.match(told, /^error: the output can't be written: No space left .+\n +Check .+\n$/);
  },
});

Deno.test("collider doctor finds a place for a gateway, one that runs, and what is in its way", async () => {
  await using gateway = await Gateway.start();
  const { directory, ringPath, databasePath, url } = gateway;
  const doctor = (...flags: string[]) =>
    collider([
      ...["doctor", "--json", "--no-llm", "--data-dir", directory, "--db-path", databasePath],
      ...["--ring-path", ringPath, "--ring-capacity", "1024", ...flags],
    ]);
  const running = await doctor("--port", new URL(url).port);
  assert.equal(running.code, 0, running.stdout);
  assert.match(running.stdout, /a gateway runs at http/);

  const hindered = await doctor("--port", "0");
  assert.equal(hindered.code, 1);
  const { ok, checks } = JSON.parse(hindered.stdout);
  assert.equal(ok, false);
  const broken = checks.filter(({ status }: { status: string }) => status === "broken");
  assert.deepEqual(broken.map(({ name }: { name: string }) => name), ["ring", "database"]);
  for (const { hint } of broken) assert.match(hint, /--(ring|db)-path/);

  await gateway.stop();
  const free = await doctor("--port", "0");
  assert.equal(free.code, 0, free.stdout);
  assert.match(free.stdout, /holds 0 events/);
});

Deno.test("collider tail follows events through a restart of the gateway", async () => {
  await withFolder(async (directory) => {
    const first = await Gateway.start({ directory, flags: ["--token", "s3cret"] });
    const port = new URL(first.url).port;
    await using tail = await startTail(["--url", first.url, "--type", "Note", "--json"]);
    const send = (gateway: Gateway, type: string, message: string) =>
      gateway.fetch("/ingest", {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: "Bearer s3cret" },
        body: JSON.stringify({ type, message }),
      });
    // The stream begins when the gateway has a subscriber.
    await eventually("the subscription", async () => {
      const headers = { Authorization: "Bearer s3cret" };
      const { subscribers } = await (await first.fetch("/metrics", { headers })).json();
      return subscribers === 1 || undefined;
    });
    await send(first, "Other", "not this one");
    await send(first, "Note", "one");
    assert.equal((await tail.nextEvent()).data.message, "one");
    await first.kill();

    const flags = ["--token", "s3cret", "--port", port];
    await using second = await Gateway.start({ directory, flags });
    await send(second, "Note", "two \x9b2J");
    const line = await tail.nextLine();
    assert.match(line, /two \\u009b2J/);
    assert.equal(JSON.parse(line).data.message, "two \x9b2J");
  });
});

/** `collider tail` with its output as lines. */
async function startTail(args: readonly string[]) {
  const { command, ...start } = await programCommand(["tail", ...args]);
  const process = new Deno.Command(command, {
    ...start,
    env: { ...start.env, GATEWAY_TOKEN: "s3cret" },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const nextLine = async () => {
    while (!text.includes("\n")) {
      const { value, done } = await within(RUN_TIMEOUT_MS, "a line of tail", reader.read());
      assert.ok(!done, "tail has ended");
      text += value;
    }
    const [line] = text.split("\n", 1);
    text = text.slice(line!.length + 1);
    return line!;
  };
  return {
    nextLine,
    nextEvent: async () => JSON.parse(await nextLine()),
    async [Symbol.asyncDispose]() {
      await reader.cancel();
      process.kill("SIGKILL");
      await process.status;
    },
  };
}

Deno.test("collider query and search ask the gateway, in every format", async () => {
  await using gateway = await Gateway.start();
  await gateway.ingest({ type: "Claim", message: "hail broke my windscreen", amount: 250 });
  const query = (...args: string[]) => collider(["query", "--url", gateway.url, ...args]);
  const sql = "FROM events SELECT type, length(payload) AS size, conversation_id AS talk";

  const table = await query(sql);
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, /^type +size +talk\n─+ +─+ +─+\nClaim +\d+ +NULL\n$/);
  assert.match(
    (await query(sql, "--format", "csv")).stdout,
    /^type,size,talk\r?\nClaim,\d+,\r?\n$/,
  );
  assert.equal(JSON.parse((await query(sql, "--format", "ndjson")).stdout).type, "Claim");
  assert.equal(JSON.parse((await query(sql, "--format", "json")).stdout).rows[0].type, "Claim");
  await withFolder(async (folder) => {
    const file = join(folder, "events.parquet");
    assert.equal((await query(sql, "--format", "parquet", "--output", file)).code, 0);
    assert.equal(new TextDecoder().decode((await Deno.readFile(file)).slice(0, 4)), "PAR1");
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), [
      "events.parquet",
    ]);
  });
  // An Arrow stream begins with a message of unknown length (0xffffffff).
  const arrow = await query(sql, "--format", "arrow");
  assert.deepEqual([...arrow.bytes.slice(0, 4)], [255, 255, 255, 255]);

  const refused = await query("DROP TABLE events");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^error: .+\n {7}.+/);

  const found = await eventually("the search's result", async () => {
    const { stdout } = await collider(["search", "broken windscreen", "--url", gateway.url]);
    return stdout === "" ? undefined : stdout;
  });
  assert.match(found, /^\d\.\d{4} {2}\d\d:\d\d:.+ {2}Claim +hail broke my windscreen\n$/);
});

Deno.test("clients say what to do when there is no gateway, or a token is missing", async () => {
  await using gateway = await Gateway.start({ flags: ["--token", "s3cret"] });
  const refused = await collider(["tail", "--url", gateway.url]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /GATEWAY_TOKEN/);
  await gateway.stop();
  const lost = await collider(["query", "FROM events", "--url", gateway.url]);
  assert.equal(lost.code, 1);
  assert.match(lost.stderr, /no gateway answers at .+\n.*--url/);
});

Deno.test("bench measures the machine beside a floor, and leaves nothing behind", async () => {
  await withFolder(async (folder) => {
    const args = ["bench", "--seconds", "1", "--lines", "1000", "--json"];
    const { code, stdout, stderr } = await collider(args, { TMPDIR: folder });
    assert.equal(code, 0, stderr);
    const measured: Record<string, { value: number; floor: number }> = JSON.parse(stdout);
    assert.deepEqual(Object.keys(measured), ["ring.publish", "ingest.single", "ingest.ndjson"]);
    for (const { value, floor } of Object.values(measured)) assert.ok(value > 0 && floor > 0);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  });
});

async function hasBash(): Promise<boolean> {
  const bash = new Deno.Command("bash", { args: ["-c", ":"], stdout: "null", stderr: "null" });
  return await bash.output().then(({ success }) => success, () => false);
}
