import { z } from "zod";
import { gatewayUrl } from "../address_flags.ts";
import { DEFAULT_LLM_BASE_URL } from "../embedder_flags.ts";
import { exposureOf } from "../exposure.ts";
import type { ServeFlags } from "../serve_flags.ts";
import { broken, type Finding, ok, warning } from "./finding.ts";

const TIMEOUT_MS = 5_000;
/** Of a server's models. */
const NAMES_SHOWN_MAX = 5;

const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Whether the port is free and not open to everybody, or a gateway listens there. */
export async function checkAddress(
  flags: Pick<ServeFlags, "host" | "port" | "token" | "insecure">,
): Promise<{ readonly finding: Finding; readonly isGatewayRunning: boolean }> {
  const { host, port } = flags;
  const name = "address";
  const none = { isGatewayRunning: false };
  try {
    Deno.listen({ hostname: host, port }).close();
    const exposure = exposureOf(flags);
    if (exposure !== null) {
      return { finding: broken(name, exposure.problem, exposure.hint), ...none };
    }
    const what = port === 0 ? `any free port of ${host}` : `${host}:${port} is free`;
    return { finding: ok(name, what), ...none };
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) {
      const problem = `${host}:${port} can't be listened on: ${(error as Error).message}`;
      return { finding: broken(name, problem, "choose others with --host and --port"), ...none };
    }
  }
  const url = gatewayUrl({ host, port });
  switch (await readiness(url)) {
    case "ready":
      return { finding: ok(name, `a gateway runs at ${url}`), isGatewayRunning: true };
    case "not ready":
      return {
        finding: broken(name, `the gateway at ${url} is not ready`, `see ${url}/ready`),
        isGatewayRunning: true,
      };
    case "no gateway": {
      const problem = `something else listens on ${host}:${port}`;
      return { finding: broken(name, problem, "choose another port with --port"), ...none };
    }
  }
}

/** Whether the language model's server answers, and has the model. */
export async function checkLlm(
  { llm, llmBaseUrl, llmModel, llmApiKey }: Pick<
    ServeFlags,
    "llm" | "llmBaseUrl" | "llmModel" | "llmApiKey"
  >,
): Promise<Finding> {
  const name = "language model";
  if (!llm) return ok(name, "none is asked (--no-llm)");
  const baseUrl = llmBaseUrl ?? DEFAULT_LLM_BASE_URL;
  const models = await listModels(baseUrl, llmApiKey);
  if (typeof models === "string") {
    const problem = `${baseUrl} gives no list of its models: ${models}`;
    return llmBaseUrl === undefined
      ? warning(name, problem, "start one, name it with --llm-base-url, or say --no-llm")
      : broken(name, problem, "start it, correct --llm-base-url or --llm-api-key, or say --no-llm");
  }
  const names = models.slice(0, NAMES_SHOWN_MAX).join(", ") +
    (models.length > NAMES_SHOWN_MAX ? ", …" : "");
  if (models.length === 0) return warning(name, `${baseUrl} has no model`, "load one there");
  if (llmModel !== undefined && !models.includes(llmModel)) {
    return broken(name, `${baseUrl} has no ${llmModel}`, `--llm-model may be: ${names}`);
  }
  return ok(name, `${baseUrl} has ${names}`);
}

async function readiness(url: string): Promise<"ready" | "not ready" | "no gateway"> {
  try {
    const init: RequestInit = { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" };
    const health = await fetch(`${url}/health`, init);
    if (await health.text() !== "OK") return "no gateway";
    const ready = await fetch(`${url}/ready`, init);
    await ready.body?.cancel();
    return ready.ok ? "ready" : "not ready";
  } catch {
    return "no gateway";
  }
}

/** @returns the models' names, or what went wrong */
async function listModels(baseUrl: string, apiKey: string | undefined): Promise<string[] | string> {
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, "")}/models`, {
      headers: apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      // Whoever redirects could get the key.
      redirect: "error",
    });
    if (!response.ok) {
      await response.body?.cancel();
      return `HTTP status ${response.status}`;
    }
    return ModelList.parse(await response.json()).data.map(({ id }) => id);
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) return "the answer is no list";
    return (error as Error).name === "TimeoutError"
      ? `no answer within ${TIMEOUT_MS / 1000} s`
      : "no answer";
  }
}
