import assert from "node:assert/strict";
import { deliver } from "./delivery.ts";

Deno.test("deliver begins TLS with an address as with a name", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const firstByte = listener.accept().then(async (connection) => {
    using _ = connection;
    const bytes = new Uint8Array(1);
    await connection.read(bytes);
    return bytes[0];
  });
  firstByte.catch(() => {}); // nobody came: told below
  const url = new URL(`https://127.0.0.1:${listener.addr.port}/hook`);
  const options = { allowPrivate: true, timeoutMs: 5_000 };
  await assert.rejects(deliver(url, "id", "{}", options));
  listener.close();
  const TLS_HANDSHAKE = 22; // RFC 8446, section 5.1
  assert.equal(await firstByte, TLS_HANDSHAKE);
});
