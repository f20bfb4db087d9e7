const MAX_SHOWN = 2_000;

/**
 * What an event says in one line: its message, or else its payload.
 *
 * @param payload JSON text; of a long one, the beginning is enough
 */
export function summaryOf(payload: string): string {
  return oneLine(messageOf(payload) ?? payload);
}

function messageOf(payload: string): string | null {
  try {
    const { message } = JSON.parse(payload);
    return typeof message === "string" && message.trim() !== "" ? message : null;
  } catch {
    return null;
  }
}

function oneLine(text: string): string {
  return text.slice(0, MAX_SHOWN).replaceAll(/\s+/g, " ").trim();
}
