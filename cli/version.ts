import project from "../deno.json" with { type: "json" };

/** The version of this program. */
export const VERSION = project.version;

/** The version, what it was built with and what it runs on, a line each. */
export function versionText(): string {
  const { os, arch, standalone } = Deno.build;
  return [
    `collider ${VERSION}`,
    `deno ${Deno.version.deno}, V8 ${Deno.version.v8}`,
    `duckdb ${pinnedVersion("duckdb/node-api")}`,
    `onnxruntime ${pinnedVersion("onnxruntime-node")}`,
    `${os} ${arch}, ${standalone ? "one executable" : "from source"}`,
  ].join("\n");
}

/** As `deno.json` pins it: to ask the native libraries would mean to load them. */
function pinnedVersion(suffix: string): string {
  const pin = Object.entries(project.imports).find(([name]) => name.endsWith(suffix))!;
  return pin[1].slice(pin[1].lastIndexOf("@") + 1);
}
