const CONVERSATIONS = 1_000;
const MESSAGE_WORDS = 11;
const TYPES = ["UserMessage", "AgentMessage", "ToolResult", "OrderUpdated", "CaseOpened"];
const ACTORS = ["human", "agent", "tool", "system", "human"];
const WORDS =
  ("quero cancelar meu plano porque fatura chegou errada please check the payment again " +
    "invoice contract refund order number late delivery thank you obrigado atendimento cliente " +
    "sinistro vehicle coverage renewal price change address tomorrow urgent answer").split(" ");

/** An event as a chat platform would send it, about 290 bytes of JSON; the same for each `index`. */
export function eventJson(index: number): string {
  const random = xorshift(index + 1);
  const pick = <T>(values: readonly T[]) => values[random() % values.length]!;
  const kind = random() % TYPES.length;
  return JSON.stringify({
    type: TYPES[kind],
    conversation_id: `conversation-${random() % CONVERSATIONS}`,
    message: Array.from({ length: MESSAGE_WORDS }, () => pick(WORDS)).join(" ") + ` ${index}`,
    actor: ACTORS[kind],
    sentiment: (random() % 200 - 100) / 100,
    confidence: random() % 100 / 100,
    case_status: pick(["new", "open", "pending", "resolved"]),
    channel: pick(["whatsapp", "email", "webchat"]),
    metadata: { locale: "pt-BR", attempt: random() % 3 },
  });
}

/** Marsaglia, "Xorshift RNGs", 2003: 32 bits, period 2^32 - 1. */
function xorshift(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
