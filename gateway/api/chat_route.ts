import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import type { ChatReply } from "../../llm/chat/chat_engine.ts";
import { LlmBusyError, LlmError } from "../../llm/errors.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { GatewayError } from "../event/errors.ts";
import { errorResponse } from "./error_response.ts";
import { LlmFailedError, NotConfiguredError } from "./errors.ts";
import { jsonRequest } from "./json_request.ts";
import { ErrorBody, FAILURES, jsonAnswer } from "./openapi.ts";

const MAX_BODY_BYTES = 64 << 10;
/** Nobody reads it; the status is nginx's. */
const CLIENT_GONE = 499;

const ChatRequestBody = z.strictObject({
  msg: z.string().trim().min(1).max(8_000),
  session_id: z.string()
    .regex(/^[\w.:-]{1,128}$/, "must be 1 to 128 letters, digits or any of _ . : -")
    .optional()
    .openapi({ description: "Of the conversation; a new one begins without it." }),
}).openapi("ChatRequest");

const ChatReplyBody = z.object({
  role: z.literal("assistant"),
  content: z.string().openapi({ description: "Plain text or Markdown." }),
  intent: z.string().nullable().openapi({ description: "What the person wants, an event type." }),
  slots: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  missing: z.array(z.string()),
  complete: z.boolean(),
  session_id: z.string(),
}).openapi("ChatReply");

/** `POST /api/chat`: a conversation, whole or as it comes. */
export function chatRoute(app: OpenAPIHono, pipeline: Pipeline): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/chat",
    summary: "Talk about what was learned, and fill in events",
    request: { body: { content: { "application/json": { schema: ChatRequestBody } } } },
    responses: {
      200: {
        description: 'The answer; with Accept: text/event-stream as events `text` ({"text"}), ' +
          "then `reply` (the answer as JSON), or `error`.",
        content: {
          "application/json": { schema: ChatReplyBody },
          "text/event-stream": { schema: z.string() },
        },
      },
      501: jsonAnswer("The gateway was started without a language model.", ErrorBody),
      503: jsonAnswer("The language model gives no answer.", ErrorBody),
      ...FAILURES,
    },
  });
  app.post("/api/chat", async (c) => {
    const { msg, session_id = crypto.randomUUID() } = await jsonRequest(
      c.req.raw,
      ChatRequestBody,
      MAX_BODY_BYTES,
    );
    const { chat } = pipeline;
    if (chat === null) {
      throw new NotConfiguredError(
        "the gateway was started without a language model",
        "Start it without --no-llm.",
      );
    }
    const { signal } = c.req.raw;
    if (!/text\/event-stream/i.test(c.req.header("accept") ?? "")) {
      try {
        return c.json(await answered(chat.answer(session_id, msg, { signal })));
      } catch (error) {
        if (signal.aborted) return new Response(null, { status: CLIENT_GONE });
        throw error;
      }
    }
    return streamSSE(c, async (stream) => {
      const send = (event: string, data: unknown) =>
        stream.writeSSE({ event, data: JSON.stringify(data) });
      try {
        const onText = (text: string) => void send("text", { text });
        await send("reply", await answered(chat.answer(session_id, msg, { onText, signal })));
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof GatewayError)) {
          pipeline.log.error("a conversation failed", { error: (error as Error).stack ?? "" });
        }
        await send("error", await errorResponse(error).json());
      }
    });
  });
}

async function answered(reply: Promise<ChatReply>): Promise<ChatReply> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof LlmError) {
      throw new LlmFailedError(error, error instanceof LlmBusyError ? 429 : 503);
    }
    throw error;
  }
}
