import assert from "node:assert/strict";
import { resolveTarget, TargetRefusedError } from "./target_guard.ts";

function resolving(...addresses: string[]) {
  return () =>
    Promise.resolve(
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
}

Deno.test("resolveTarget takes public addresses only", async () => {
  const url = new URL("https://hooks.example/x");
  const guarded = (...addresses: string[]) =>
    resolveTarget(url, { allowPrivate: false, resolve: resolving(...addresses) });
  assert.deepEqual(await guarded("93.184.216.34"), { address: "93.184.216.34", family: 4 });
  const ipv6 = "2606:2800:220:1:248:1893:25c8:1946";
  assert.deepEqual(await guarded(ipv6), { address: ipv6, family: 6 });
  const refused = [
    ["127.0.0.1"],
    ["10.1.2.3"],
    ["172.31.0.1"],
    ["192.168.1.1"],
    ["169.254.169.254"],
    ["100.64.0.1"],
    ["0.0.0.0"],
    ["224.0.0.1"],
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["fe80::1"],
    ["fd00::1"],
    ["93.184.216.34", "127.0.0.1"],
    [],
  ];
  for (const addresses of refused) {
    await assert.rejects(guarded(...addresses), TargetRefusedError, addresses.join());
  }
});

Deno.test("resolveTarget sees through the ways of writing an address", async () => {
  for (const host of ["127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]", "0"]) {
    const url = new URL(`http://${host}/`);
    await assert.rejects(resolveTarget(url, { allowPrivate: false }), TargetRefusedError, host);
  }
});

Deno.test("resolveTarget takes private addresses when it is told to, and other protocols never", async () => {
  const target = await resolveTarget(new URL("http://127.0.0.1:8/"), { allowPrivate: true });
  assert.deepEqual(target, { address: "127.0.0.1", family: 4 });
  const file = resolveTarget(new URL("file:///etc/passwd"), { allowPrivate: true });
  await assert.rejects(file, TargetRefusedError);
});
