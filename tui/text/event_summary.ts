/** Payloads longer than this are not looked into, UTF-16 code units. */
const MAX_PARSED = 16 << 10;
const MAX_SHOWN = 2_000;

/** What an event says in one line: its message, or else its payload. */
export function summaryOf(payload: string): string {
  return oneLine(messageOf(payload) ?? payload);
}

function messageOf(payload: string): string | null {
  if (payload.length > MAX_PARSED) return null;
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
