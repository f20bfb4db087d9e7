import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { UsageError } from "./errors.ts";
import { print } from "./terminal.ts";
import { httpUrl } from "./values.ts";
import { VERSION } from "./version.ts";

const RELEASES_URL = "https://github.com/collider/collider/releases";
const TIMEOUT_MS = 10_000;

/** Where the releases are can't be asked for the newest one. */
export class ReleasesUnknownError extends Error {
  override readonly name = "ReleasesUnknownError";
  readonly hint = "Check the connection, or name a mirror with --releases-url.";
}

/** `collider upgrade --check`: tells whether there is a newer release; installs nothing. */
export function upgradeCommand(): CommandUnknownOpts {
  return new Command("upgrade")
    .description("tell whether there is a newer release")
    .option("--check", "ask for the newest release, which is all that this command does")
    .addOption(
      new Option("--releases-url <address>", "where releases are")
        .default(RELEASES_URL).argParser(httpUrl).env("COLLIDER_RELEASES_URL"),
    )
    .option("--json", "print a JSON object")
    .addHelpText("after", UPGRADE_HELP)
    .action(async ({ check, releasesUrl, json }) => {
      if (check !== true) {
        throw new UsageError(
          "collider does not replace itself",
          "See what is new with --check; install.sh of the release installs it.",
        );
      }
      const newest = await newestRelease(releasesUrl);
      const isNewer = compareVersions(newest, VERSION) > 0;
      if (json === true) {
        print(JSON.stringify({ version: VERSION, newest, is_newer: isNewer }));
      } else if (isNewer) {
        print(`collider ${newest} is out, this is ${VERSION}; install it by`);
        print(`  curl -fsSL ${releasesUrl}/latest/download/install.sh | sh`);
      } else print(`collider ${VERSION} is the newest release`);
    }) as unknown as CommandUnknownOpts;
}

/**
 * The version of the newest release: the page of the latest one leads on to its tag.
 *
 * @throws {ReleasesUnknownError}
 */
export async function newestRelease(releasesUrl: string): Promise<string> {
  const url = `${releasesUrl.replace(/\/+$/, "")}/latest`;
  let response: Response;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    response = await fetch(url, { method: "HEAD", redirect: "manual", signal });
  } catch (cause) {
    throw new ReleasesUnknownError(`${url} can't be reached`, { cause });
  }
  const [, version] = /\/tag\/v?(\d+\.\d+\.\d+)$/.exec(response.headers.get("location") ?? "") ??
    [];
  if (version !== undefined) return version;
  throw new ReleasesUnknownError(`${url} names no release (status ${response.status})`);
}

/** Above 0 if the first of two versions of the form 1.2.3 is newer, 0 if they are the same. */
export function compareVersions(version: string, other: string): number {
  const [parts, others] = [version, other].map((text) => text.split(".").map(Number));
  return parts!.map((part, i) => part - others![i]!).find((difference) => difference !== 0) ?? 0;
}

const UPGRADE_HELP = `
Nothing is asked unless you call this; nothing is installed.

Example:
  collider upgrade --check`;
