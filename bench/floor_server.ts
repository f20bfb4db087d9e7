/** Serves the floors of `POST /ingest` on a free port, which it tells on standard error. */
import { floorApp } from "./floor_app.ts";

const app = await floorApp();
const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  (request) => app.fetch(request),
);
const url = `http://127.0.0.1:${server.addr.port}`;
Deno.stderr.writeSync(new TextEncoder().encode(`${JSON.stringify({ url })}\n`));
