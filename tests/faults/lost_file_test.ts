import assert from "node:assert/strict";
import { eventually, Gateway } from "../e2e/gateway.ts";
import { fullyPublished, post } from "./fixtures.ts";

Deno.test({
  name: "events are refused while the database is not where it was: they would be lost",
  ignore: Deno.build.os === "windows", // There it can't be moved.
  fn: async () => {
    await using gateway = await Gateway.start();
    const before = await gateway.ingest({ event_type: "Before" });
    const isReady = async (ready: boolean) => {
      const response = await gateway.fetch("/ready");
      const { problems } = await response.json();
      return response.ok === ready ? { problems } : undefined;
    };
    const away = `${gateway.databasePath}.away`;
    await Deno.rename(gateway.databasePath, away);
    const { problems } = await eventually("the refusal", () => isReady(false));
    assert.match(problems.join(), /was deleted or moved: put it back/);
    assert.equal(await post(gateway, { event_type: "Refused" }), null);
    await Deno.rename(away, gateway.databasePath);
    await eventually("acceptance", () => isReady(true));
    const after = await gateway.ingest({ event_type: "After" });
    assert.deepEqual((await fullyPublished(gateway)).map(({ id }) => id), [after, before]);
    await gateway.stop();
  },
});
