/**
 * The floor of `POST /ingest`: the gateway's server stack, which parses the body and answers in the
 * gateway's shape, but keeps nothing.
 */
import { Hono } from "hono";

const app = new Hono();
app.post("/ingest", async (c) => {
  const { type } = await c.req.json();
  return Response.json({ status: "received", event_type: type, id: crypto.randomUUID() });
});

const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  (request) => app.fetch(request),
);
const url = `http://127.0.0.1:${server.addr.port}`;
Deno.stderr.writeSync(new TextEncoder().encode(`${JSON.stringify({ url })}\n`));
