import { UnsupportedPlatformError } from "./errors.ts";

/** A package that is not bundled, and which of its files the program needs. */
export interface NativePackage {
  readonly name: string;
  /** Matches paths relative to the package; its manifest is always kept. */
  readonly files: RegExp;
}

/** What the system's loader loads, as opposed to code and data that the runtime reads. */
export const LIBRARY_FILE = /\.(?:node|dll|dylib|so(?:\.[\d.]+)?)$/;

const TOKENIZERS: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64-gnu",
  "linux-arm64": "linux-arm64-gnu",
  "darwin-arm64": "darwin-arm64",
  "win32-x64": "win32-x64-msvc",
};

/**
 * The packages with native code or WebAssembly, and what these in turn need: they find their files
 * relative to themselves, so they stay as they are.
 *
 * @param platform as Node.js calls it: `linux`, `darwin`, `win32`
 * @param arch as Node.js calls it: `x64`, `arm64`
 * @throws {UnsupportedPlatformError} if one of them has nothing for this platform
 */
export function nativePackages(platform: string, arch: string): readonly NativePackage[] {
  const target = `${platform}-${arch}`;
  const tokenizers = TOKENIZERS[target];
  if (tokenizers === undefined) {
    throw new UnsupportedPlatformError(`Collider can't be compiled on ${target}`, {
      hint: `releases are built on ${Object.keys(TOKENIZERS).join(", ")}`,
    });
  }
  return [
    { name: "@duckdb/node-bindings", files: /^duckdb\.js$/ },
    { name: `@duckdb/node-bindings-${target}`, files: LIBRARY_FILE },
    { name: "detect-libc", files: /^lib\/.*\.js$/ },
    {
      name: "onnxruntime-node",
      // macOS gets the same library twice; the addon names the one without the full version.
      files: new RegExp(
        `^dist/.*\\.js$|^bin/napi-v6/${platform}/${arch}/(?!libonnxruntime\\.\\d+\\.\\d+\\.\\d+\\.)`,
      ),
    },
    { name: "onnxruntime-common", files: /^dist\/cjs\/.*\.js(?:on)?$/ },
    { name: "tokenizers", files: new RegExp(`^(?:index\\.js|tokenizers\\.${tokenizers}\\.node)$`) },
    { name: "sharp", files: /^dist\/.*\.mjs$/ },
    { name: "semver", files: /\.js$/ },
    { name: "@img/colour", files: /\.cjs$/ },
    {
      name: `@img/sharp-${target}`,
      files: new RegExp(`^index\\.cjs$|${LIBRARY_FILE.source}`),
    },
    // On Windows they are in the package above.
    ...(platform === "win32" ? [] : [{
      name: `@img/sharp-libvips-${target}`,
      files: new RegExp(`^lib/index\\.js$|^versions\\.json$|${LIBRARY_FILE.source}`),
    }]),
    { name: "@hyzyla/pdfium", files: /^dist\/(?:index\.esm\.js|pdfium\.wasm)$/ },
  ];
}
