import { APIError, type OpenAI } from "openai";
import type { ChatMessage, ChatRequest } from "./chat_model.ts";

type ChatBody = OpenAI.ChatCompletionCreateParamsStreaming;

/** What not every server takes, though it is asked for in vain only once. */
export type OptionalParameter = "response_format" | "stream_options" | "max_tokens" | "tools";

/** For requests that are wrong, as different servers say it. */
const WRONG_REQUEST = new Set([400, 415, 422, 501]);

/**
 * The body of `POST /chat/completions`.
 *
 * @param refused what the server is known not to take
 */
export function chatBody(
  model: string,
  { messages, tools, answerSchema, maxTokens }: ChatRequest,
  refused: ReadonlySet<OptionalParameter>,
): ChatBody {
  const takes = (parameter: OptionalParameter) => !refused.has(parameter);
  return {
    model,
    stream: true,
    messages: withSchema(messages, answerSchema?.schema).map(messageParameter),
    ...(takes("stream_options") && { stream_options: { include_usage: true } }),
    ...(maxTokens !== undefined &&
      { [takes("max_tokens") ? "max_tokens" : "max_completion_tokens"]: maxTokens }),
    ...(takes("tools") && tools !== undefined && tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: "function" as const,
        function: { name, description, parameters },
      })),
    }),
    ...(answerSchema !== undefined && takes("response_format") && {
      response_format: {
        type: "json_schema" as const,
        json_schema: { name: answerSchema.name, schema: answerSchema.schema, strict: true },
      },
    }),
  };
}

/** Which of the parameters that were sent the server seems to have refused; null if none. */
export function refusedParameter(error: unknown, sent: ChatBody): OptionalParameter | null {
  if (!(error instanceof APIError) || !WRONG_REQUEST.has(error.status)) return null;
  const complaint = `${error.param ?? ""} ${error.message}`;
  if (sent.stream_options && complaint.includes("stream_options")) return "stream_options";
  if (sent.max_tokens && complaint.includes("max_completion_tokens")) return "max_tokens";
  // Of the model's template: "does not support tools", "tool calling is not enabled".
  if (sent.tools && /\btools?\b|\bfunctions?\b/i.test(complaint)) return "tools";
  // Some only say that they don't know what was meant.
  return sent.response_format ? "response_format" : null;
}

/**
 * Asks for the schema in words. Also where the server takes `response_format`: that keeps the model
 * to the form without telling it of it, and some servers take it and do nothing.
 */
function withSchema(
  messages: readonly ChatMessage[],
  schema: object | undefined,
): readonly ChatMessage[] {
  if (schema === undefined) return messages;
  const content = "Answer with one JSON object of this JSON Schema, and nothing else:\n" +
    JSON.stringify(schema);
  const [first, ...rest] = messages;
  // One system message only, the first: templates of some models refuse others.
  return first?.role === "system"
    ? [{ role: "system", content: `${first.content}\n\n${content}` }, ...rest]
    : [{ role: "system", content }, ...messages];
}

function messageParameter(message: ChatMessage): OpenAI.ChatCompletionMessageParam {
  switch (message.role) {
    case "tool":
      return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
    case "assistant":
      return {
        role: "assistant",
        content: message.content,
        ...(message.toolCalls !== undefined && message.toolCalls.length > 0 && {
          tool_calls: message.toolCalls.map(({ id, name, argumentsJson }) => ({
            id,
            type: "function" as const,
            function: { name, arguments: argumentsJson },
          })),
        }),
      };
    default:
      return message;
  }
}
