import { FakeOpenAiServer } from "../fakes/openai_server.ts";
import { type FakeChatRequest, replyTo } from "../fakes/openai_server_behaviours.ts";

/** A language model that says what the documents show, if it is asked what they ask. */
export function startLanguageModel(): FakeOpenAiServer {
  const server = new FakeOpenAiServer();
  server.behave(replyTo(answer));
  return server;
}

function answer({ tools, messages }: FakeChatRequest): string {
  if (tools === undefined) {
    return JSON.stringify({
      type: "CarInsuranceRequest",
      confidence: 0.93,
      intent: "CarInsuranceRequest",
      sentiment: 0.2,
    });
  }
  const said = messages.at(-1)!.content ?? "";
  return said.includes("2015")
    ? withSlots("Obrigado! Anotei um Fiat Uno de 2015.", { model: "Fiat Uno", year: "2015" })
    : withSlots("Claro! Qual é o modelo do carro, e de que ano?", {});
}

function withSlots(text: string, slots: Record<string, string>): string {
  const understood = { intent: "CarInsuranceRequest", slots, required: ["model", "year"] };
  return `${text}\n\`\`\`slots\n${JSON.stringify(understood)}\n\`\`\``;
}
