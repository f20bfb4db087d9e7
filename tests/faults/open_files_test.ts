import assert from "node:assert/strict";
import { eventually, Gateway } from "../e2e/gateway.ts";
import { fullyPublished } from "./fixtures.ts";

const MAX_OPEN_FILES = 100;

Deno.test({
  name: "more connections than files may be open are refused, and taken when others have left",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using gateway = await Gateway.start({ shell: `ulimit -n ${MAX_OPEN_FILES}` });
    const before = await gateway.ingest({ event_type: "Before" });
    const { hostname, port } = new URL(gateway.url);
    const connections: Deno.TcpConn[] = [];
    try {
      await eventually("a refusal", async () => {
        const connection = await Deno.connect({ hostname, port: Number(port) }).catch(() => null);
        if (connection !== null) connections.push(connection);
        return /no connections can be taken/.test(gateway.log) || undefined;
      });
      assert.match(gateway.log, /ulimit -n/);
    } finally {
      for (const connection of connections) connection.close();
    }
    await eventually(
      "recovery",
      () => /connections are taken again/.test(gateway.log) || undefined,
    );
    using connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(new TextEncoder().encode("GET /health HTTP/1.0\r\n\r\n"));
    const answer = new TextDecoder().decode(await new Response(connection.readable).bytes());
    assert.match(answer, /^HTTP\/1.0 200 /);
    const after = await gateway.ingest({ event_type: "After" });
    assert.deepEqual((await fullyPublished(gateway)).map(({ id }) => id), [after, before]);
    await gateway.stop();
  },
});
