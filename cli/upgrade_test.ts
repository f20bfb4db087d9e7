import assert from "node:assert/strict";
import { compareVersions, newestRelease, ReleasesUnknownError } from "./upgrade.ts";

async function releasesThatAnswer(
  answer: () => Response,
  test: (url: string) => Promise<void>,
): Promise<void> {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  await using server = Deno.serve(options, (request) => {
    assert.equal(new URL(request.url).pathname, "/releases/latest");
    return answer();
  });
  await test(`http://127.0.0.1:${server.addr.port}/releases`);
}

Deno.test("newestRelease takes the version that the latest release's page leads to", async () => {
  const location = "https://example.com/collider/releases/tag/v1.20.3";
  const answer = () => new Response(null, { status: 302, headers: { location } });
  await releasesThatAnswer(answer, async (url) => {
    assert.equal(await newestRelease(url), "1.20.3");
    assert.equal(await newestRelease(`${url}/`), "1.20.3");
  });
});

Deno.test("newestRelease says so where there is no release to be found", async () => {
  for (const status of [200, 404, 500]) {
    await releasesThatAnswer(() => new Response(null, { status }), async (url) => {
      await assert.rejects(newestRelease(url), ReleasesUnknownError);
    });
  }
  await assert.rejects(newestRelease("http://127.0.0.1:1"), /can't be reached/);
});

Deno.test("compareVersions compares numbers, not letters", () => {
  assert.ok(compareVersions("0.10.0", "0.9.9") > 0);
  assert.ok(compareVersions("1.0.0", "1.0.1") < 0);
  assert.equal(compareVersions("1.2.3", "1.2.3"), 0);
});
