import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { attractorLabel, CONTROL_READ_BYTES, readControlPlane } from "../../collider/attractors.ts";
import { type Frame, readNewestFrames } from "../../collider/frame_reader.ts";
import { EMBEDDER } from "../../collider/layout.ts";
import type { RingMapping } from "../../ffi/seqlock.ts";
import { formatUuid } from "../event/uuid_v7.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { FAILURES, jsonAnswer } from "./openapi.ts";

const FramesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(64),
});

const FrameBody = z.object({
  frame_id: z.int(),
  event_id: z.uuid(),
  timestamp_us: z.int(),
  delta_time: z.number(),
  duration_ms: z.number(),
  velocity: z.number(),
  interrupt: z.number(),
  conversation_hash: z.string().openapi({ description: "16 hexadecimal digits." }),
  workflow_node: z.int(),
  case_status: z.int(),
  lead_status: z.int(),
  fill_rate: z.number(),
  actor_type: z.int(),
  intent_id: z.int(),
  intent: z.string().nullable().openapi({ description: "The event type of intent_id." }),
  sentiment: z.number(),
  confidence: z.number(),
  spin: z.array(z.number()).length(4),
  embedder: z.enum(Object.keys(EMBEDDER) as [string, ...string[]]),
  attractor: z.int(),
  attraction: z.number(),
}).openapi("Frame");

const RingBody = z.object({
  head: z.int(),
  tail: z.int(),
  capacity_frames: z.int(),
  gravity: z.number(),
  friction: z.number(),
  attractors: z.array(z.object({ index: z.int(), label: z.string(), mass: z.number() })),
  frames: z.array(FrameBody).openapi({ description: "Newest first, without their embeddings." }),
});

/** `GET /api/frames`: the newest frames, and what pulls them. */
export function frameRoute(app: OpenAPIHono, { ring, schemas }: Pipeline): void {
  const route = createRoute({
    method: "get",
    path: "/api/frames",
    summary: "The newest frames of the ring, and its control plane",
    request: { query: FramesQuery },
    responses: { 200: jsonAnswer("The ring.", RingBody), ...FAILURES },
  });
  app.openapi(route, (c) => {
    const { mapping } = ring;
    const { limit } = c.req.valid("query");
    const types = new Map(schemas.registry.list().map(({ id, name }) => [id, name]));
    const body = {
      head: mapping.head,
      tail: mapping.tail,
      capacity_frames: mapping.capacity,
      ...controlJson(mapping),
      frames: readNewestFrames(mapping, limit)
        .map((frame) => frameJson(frame, types.get(frame.intentId) ?? null)),
    };
    return c.json(body, 200);
  });
}

function controlJson(mapping: RingMapping) {
  const bytes = new Uint8Array(CONTROL_READ_BYTES);
  mapping.readControl(bytes);
  const { gravity, friction, attractors } = readControlPlane(bytes);
  return {
    gravity,
    friction,
    attractors: attractors.map(({ index, mass }) => ({
      index,
      label: attractorLabel(bytes, index),
      mass,
    })),
  };
}

function frameJson(frame: Frame, intent: string | null): z.infer<typeof FrameBody> {
  return {
    frame_id: frame.frameId,
    event_id: formatUuid(frame.eventId),
    timestamp_us: frame.timestampUs,
    delta_time: frame.deltaTime,
    duration_ms: frame.durationMs,
    velocity: frame.velocity,
    interrupt: frame.interrupt,
    // As the little-endian number that the other readers see.
    conversation_hash: frame.conversationHash.toReversed().toHex(),
    workflow_node: frame.workflowNode,
    case_status: frame.caseStatus,
    lead_status: frame.leadStatus,
    fill_rate: frame.fillRate,
    actor_type: frame.actorType,
    intent_id: frame.intentId,
    intent,
    sentiment: frame.sentiment,
    confidence: frame.confidence,
    spin: [...frame.spin],
    embedder: Object.entries(EMBEDDER).find(([, code]) => code === frame.embedder)?.[0] ?? "none",
    attractor: frame.attractor,
    attraction: frame.attraction,
  };
}
