import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import project from "../deno.json" with { type: "json" };

const SCRIPT = join(import.meta.dirname!, "install.sh");
/** Named after what `uname` of the machine below says. */
const ARTEFACT = "collider-linux-arm64";
const EXECUTABLE = "#!/bin/sh\necho collider 9.9.9\n";
const ignore = Deno.build.os === "windows";

/** What a server of releases holds, by path. */
type Release = Readonly<Record<string, string>>;

function release(executable: string, sumOf = executable, folder = "/latest/download"): Release {
  const sum = createHash("sha256").update(sumOf).digest("hex");
  return {
    [`${folder}/${ARTEFACT}`]: executable,
    [`${folder}/SHA256SUMS`]: `${"0".repeat(64)}  collider-linux-x64\n${sum}  ${ARTEFACT}\n`,
  };
}

/** Runs the script on a machine that seems to be another one, against a server on this one. */
async function install(
  files: Release,
  { env = {}, machine = "aarch64", installed = null as string | null } = {},
) {
  const directory = await Deno.makeTempDir({ prefix: "collider-install-" });
  const [tools, target] = [join(directory, "tools"), join(directory, "bin")];
  await Deno.mkdir(tools);
  await Deno.writeTextFile(
    join(tools, "uname"),
    `#!/bin/sh\n[ "$1" = -s ] && echo Linux || echo ${machine}\n`,
    { mode: 0o755 },
  );
  if (installed !== null) {
    await Deno.mkdir(target);
    await Deno.writeTextFile(join(target, "collider"), installed);
  }
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const body = files[new URL(request.url).pathname];
    return body === undefined ? new Response(null, { status: 404 }) : new Response(body);
  });
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: [SCRIPT],
    env: {
      PATH: `${tools}:${Deno.env.get("PATH")}`,
      COLLIDER_INSTALL_DIR: target,
      COLLIDER_RELEASES_URL: `http://127.0.0.1:${server.addr.port}`,
      ...env,
    },
  }).output();
  const names = await Array.fromAsync(Deno.readDir(target), ({ name }) => name).catch(
    (): string[] => [],
  );
  return {
    success,
    said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr),
    names,
    target,
    executable: names.includes("collider")
      ? await Deno.readTextFile(join(target, "collider"))
      : null,
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

Deno.test({
  name: "install.sh installs an executable whose checksum is right, in the place of the old one",
  ignore,
  fn: async () => {
    await using result = await install(release(EXECUTABLE), { installed: "old" });
    assert.ok(result.success, result.said);
    assert.match(result.said, /collider 9\.9\.9\ninstalled as .*\/bin\/collider\nadd .* to PATH/);
    assert.deepEqual(result.names, ["collider"]);
    assert.equal(result.executable, EXECUTABLE);
    const { mode } = await Deno.stat(join(result.target, "collider"));
    assert.equal((mode ?? 0) & 0o777, 0o755);
  },
});

Deno.test({
  name: "install.sh installs nothing whose checksum is wrong, and leaves what is there",
  ignore,
  fn: async () => {
    await using result = await install(release("#!/bin/sh\necho evil\n", EXECUTABLE), {
      installed: "old",
    });
    assert.equal(result.success, false);
    assert.match(result.said, /error: collider-linux-arm64 was damaged or changed on the way/);
    assert.doesNotMatch(result.said, /evil/);
    assert.deepEqual(result.names, ["collider"]);
    assert.equal(result.executable, "old");
  },
});

Deno.test({
  name: "install.sh installs nothing that has no checksum, does not run or can't be downloaded",
  ignore,
  fn: async () => {
    const whole = release(EXECUTABLE);
    const cases: [Release, RegExp][] = [
      [{ ...whole, "/latest/download/SHA256SUMS": "" }, /has no checksum of collider-linux-arm64/],
      [release("#!/bin/sh\nexit 1\n"), /does not run on this system/],
      [{ "/latest/download/SHA256SUMS": "" }, /collider-linux-arm64 can't be downloaded/],
    ];
    for (const [files, says] of cases) {
      await using result = await install(files);
      assert.equal(result.success, false);
      assert.match(result.said, says);
      assert.deepEqual(result.names, []);
    }
  },
});

Deno.test({
  name: "install.sh takes the release that is asked for",
  ignore,
  fn: async () => {
    const files = release(EXECUTABLE, EXECUTABLE, "/download/v1.2.3");
    for (const version of ["1.2.3", "v1.2.3"]) {
      await using result = await install(files, { env: { COLLIDER_VERSION: version } });
      assert.ok(result.success, result.said);
    }
  },
});

Deno.test({
  name: "install.sh says where there is no executable for a machine",
  ignore,
  fn: async () => {
    await using result = await install(release(EXECUTABLE), { machine: "riscv64" });
    assert.equal(result.success, false);
    assert.match(result.said, /no executable for Linux on riscv64\n.*from source/);
  },
});

Deno.test("install.sh and the systemd unit name the repository that deno.json names", async () => {
  const repository = project.name.slice(1);
  assert.match(await Deno.readTextFile(SCRIPT), new RegExp(`^REPOSITORY=${repository}$`, "m"));
  for (const file of ["install.sh", "collider.service", "Dockerfile"]) {
    const text = await Deno.readTextFile(join(import.meta.dirname!, file));
    for (const [, found] of text.matchAll(/github\.com\/([\w-]+\/[\w-]+)/g)) {
      assert.equal(found, repository, file);
    }
  }
});
