import type { Frame, RingState } from "../../tui/client/answers.ts";
import { fakeEvent } from "./fake_events.ts";
import { CAPACITY_FRAMES, wave } from "./fake_metrics.ts";

/** The ring and its newest frames, the same in every run. */
export function fakeRing(head: number, limit: number): RingState {
  return {
    head,
    tail: Math.max(0, head - CAPACITY_FRAMES),
    capacity_frames: CAPACITY_FRAMES,
    gravity: 1.25,
    friction: 0.1,
    attractors: [
      { index: 0, label: "churn", mass: 3.5 },
      { index: 1, label: "fraud", mass: 2.25 },
      { index: 2, label: "upsell", mass: 0.75 },
    ],
    frames: Array.from({ length: Math.min(limit, head) }, (_, i) => frame(head - i, head)),
  };
}

function frame(number: number, total: number): Frame {
  const event = fakeEvent(number, total);
  const angle = number / 5;
  const spin = [
    Math.abs(Math.cos(angle)),
    Math.sin(angle) / 2,
    Math.sin(angle) / 2,
    Math.sin(angle) / Math.SQRT2,
  ];
  const isPulled = number % 5 === 0;
  return {
    frame_id: event.frameId,
    event_id: event.id,
    timestamp_us: event.receivedMs * 1000,
    delta_time: number % 11 === 0 ? 0 : Math.log(0.2 + number % 17),
    duration_ms: 4 + number % 13 + 0.25,
    velocity: 1 + wave(total - number, 55),
    interrupt: 0,
    conversation_hash: (BigInt(number % 23) * 0x9e3779b97f4a7c15n & 0xffffffffffffffffn)
      .toString(16).padStart(16, "0"),
    workflow_node: -1,
    case_status: 1,
    lead_status: 0,
    fill_rate: 0.8,
    actor_type: 1,
    intent: event.type,
    sentiment: Math.sin(number),
    confidence: 0.9,
    spin,
    embedder: "onnx",
    attractor: isPulled ? number % 3 : -1,
    attraction: isPulled ? 0.86 : 0,
  };
}
