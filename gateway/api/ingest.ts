import type { Context } from "hono";
import {
  type CloudEventDraft,
  cloudEventFromHttp,
  cloudEventFromJson,
  cloudEventMode,
} from "../event/cloud_event.ts";
import { GatewayError, InvalidEventError } from "../event/errors.ts";
import {
  type EventContext,
  eventFromJson,
  eventFromPayload,
  type GatewayEvent,
  SYSTEM_CONFIG,
} from "../event/event.ts";
import { requestIdempotencyKey } from "../event/idempotency_key.ts";
import { jsonArrayElements } from "../event/json_slices.ts";
import { mediaType } from "../event/media_type.ts";
import { withoutByteOrderMark } from "../event/strict_json.ts";
import { TimeSlices } from "../export/time_slices.ts";
import { nowUs } from "../pipeline/clock.ts";
import type { Intake } from "../pipeline/intake.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { BatchIntake } from "./batch_intake.ts";
import { changeSettings } from "./config.ts";
import { UnsupportedMediaTypeError } from "./errors.ts";
import { errorResponse, explainStop } from "./error_response.ts";
import { lineBatches } from "./lines.ts";
import { eventFromForm, isMultipart } from "./multipart.ts";
import { bodyStream, readBody } from "./request_body.ts";
import type { Guard } from "./security.ts";

const OPEN_BRACKET = 0x5b;
const WHITESPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** What of the pipeline takes events in. */
export interface IngestPipeline extends Pick<Pipeline, "settings" | "metrics"> {
  readonly intake: Pick<Intake, "accept" | "acceptBatch" | "roomForBatch">;
  readonly models: Pick<Pipeline["models"], "images">;
}

/** What ingesting needs to know. */
export interface IngestOptions {
  readonly pipeline: IngestPipeline;
  readonly guard: Guard;
  /** Largest body, and largest line of an NDJSON body. */
  readonly maxBodyBytes: number;
  /** Aborted when no more is taken in. */
  readonly stopping: AbortSignal;
}

/** Handles `POST /ingest`: one event, an array, NDJSON lines, or CloudEvents. */
export function ingestHandler(options: IngestOptions) {
  const { pipeline, guard, maxBodyBytes, stopping } = options;

  return async function ingest(c: Context): Promise<Response> {
    const receivedUs = nowUs();
    const request = c.req.raw;
    try {
      guard.refuseOtherSites(request);
      const source = guard.sourceToVerify(request);
      const mode = cloudEventMode(request.headers);
      const type = mediaType(request.headers);
      const areLines = mode === null &&
        (type === "application/x-ndjson" || type === "application/jsonl");
      const key = requestIdempotencyKey(request.headers, source);
      // A signature is that of a whole body.
      if (areLines && source === null) return await ingestLines(bodyStream(request), key);
      if (mode === null && !areLines && !isJson(type) && !isMultipart(type)) {
        throw unsupported(type);
      }
      const sent = await readBody(request, maxBodyBytes);
      if (source !== null) guard.verifySignature(source, request, sent);
      if (areLines) return await ingestLines(ReadableStream.from([sent]), key);
      const body = isMultipart(type)
        ? await eventFromForm(sent, request.headers.get("Content-Type")!)
        : sent;
      const context = { receivedUs };
      if (mode === "batch") return await ingestArray(body, key, cloudEvent);
      if (mode === null && isArray(body)) return await ingestArray(body, key, eventFromJson);
      const event = mode === null
        ? eventFromJson(body, { ...context, idempotencyKey: key })
        : mode === "structured"
        ? cloudEvent(body, context)
        : cloudEventOf(cloudEventFromHttp(request.headers, body), context);
      if (event.type !== SYSTEM_CONFIG) return await answer(event);
      // A signature proves a source of events, not the right to configure.
      if (source !== null) guard.requireToken(request);
      await changeSettings(pipeline.settings, event.payload);
      return Response.json({ status: "configuration_updated" });
    } catch (error) {
      if (error instanceof GatewayError) pipeline.metrics.eventsRejected.inc({ code: error.code });
      throw error;
    }
  };

  async function answer(event: GatewayEvent): Promise<Response> {
    assertImagePath(event);
    const { id, type, duplicate } = await pipeline.intake.accept(event);
    return Response.json({
      status: "received",
      event_type: type,
      id,
      ...(duplicate ? { duplicate } : {}),
    });
  }

  async function ingestArray(
    body: Uint8Array,
    key: string | null,
    read: (bytes: Uint8Array, context: EventContext) => GatewayEvent,
  ): Promise<Response> {
    const array = withoutByteOrderMark(body);
    // Nothing is stored of an array that is broken further on: it would be sent again as a whole.
    for (const _ of jsonArrayElements(array));
    const intake = new BatchIntake(pipeline);
    const receivedUs = nowUs();
    let index = 0;
    for (const element of jsonArrayElements(array)) {
      intake.add(index, () => storable(read(element, batchContext(receivedUs, key, index))));
      index++;
      if (intake.isFull) await intake.flush();
    }
    return Response.json(await intake.finish());
  }

  async function ingestLines(
    chunks: AsyncIterable<Uint8Array>,
    key: string | null,
  ): Promise<Response> {
    const intake = new BatchIntake(pipeline);
    const slices = new TimeSlices();
    try {
      for await (const { firstIndex, lines } of lineBatches(chunks, maxBodyBytes)) {
        if (slices.isOver) await slices.next();
        const receivedUs = nowUs();
        for (const [i, { bytes, text }] of lines.entries()) {
          if (isBlank(bytes)) continue;
          const index = firstIndex + i;
          const context = batchContext(receivedUs, key, index);
          intake.add(index, () => storable(eventFromJson(bytes, context, text)));
          if (intake.isFull) await intake.flush();
        }
      }
      return Response.json(await intake.finish());
    } catch (error) {
      // What came before is stored: the client goes on after it.
      if (!(error instanceof GatewayError)) throw error;
      return errorResponse(explainStop(error, stopping), { accepted: await intake.settle() });
    }
  }

  /** What may be part of a batch. */
  function storable(event: GatewayEvent): GatewayEvent {
    assertImagePath(event);
    return notConfig(event);
  }

  function assertImagePath({ payload }: GatewayEvent): void {
    if (typeof payload["image_path"] === "string") {
      pipeline.models.images.resolve(payload["image_path"]);
    }
  }

  function batchContext(receivedUs: number, key: string | null, index: number): EventContext {
    return {
      receivedUs,
      // No key of a single event begins like this.
      idempotencyKey: key === null ? null : `#${index}:${key}`,
    };
  }
}

function cloudEvent(bytes: Uint8Array, context: EventContext): GatewayEvent {
  return cloudEventOf(cloudEventFromJson(bytes), context);
}

function cloudEventOf(draft: CloudEventDraft, context: EventContext): GatewayEvent {
  return eventFromPayload(draft.payload, draft.payloadBytes, { ...context, ...draft });
}

function notConfig(event: GatewayEvent): GatewayEvent {
  if (event.type !== SYSTEM_CONFIG) return event;
  throw new InvalidEventError("type", "SystemConfig can't be part of a batch", "Send it alone.");
}

function isJson(type: string): boolean {
  return type === "application/json" || type.endsWith("+json");
}

function unsupported(type: string): UnsupportedMediaTypeError {
  return new UnsupportedMediaTypeError(
    type === "" ? "the request has no Content-Type" : `Content-Type ${type} is not supported`,
    "Send Content-Type: application/json, application/x-ndjson or a CloudEvents type.",
  );
}

function isArray(body: Uint8Array): boolean {
  return withoutByteOrderMark(body).find((byte) => !WHITESPACE.has(byte)) === OPEN_BRACKET;
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => WHITESPACE.has(byte));
}
