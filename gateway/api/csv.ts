/**
 * A line of CSV with its end. Whatever is no text or number is written as JSON, nothing for null.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvField).join(",")}\r\n`;
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
