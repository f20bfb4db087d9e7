import { z } from "@hono/zod-openapi";
import { idBefore } from "../export/export_start.ts";
import { maskedUrl } from "../export/masked_url.ts";
import type { Settings, SettingsKeeper } from "../pipeline/settings.ts";
import { InvalidRequestError } from "./errors.ts";
import { invalidRequest } from "./invalid_request.ts";

const wholeNumber = (max: number) =>
  z.union(
    [z.number(), z.string().regex(/^\d+$/).transform(Number)],
    `must be a whole number from 1 to ${max}`,
  ).pipe(z.number().int().min(1).max(max));
const HttpUrl = z.url({ protocol: /^https?$/ });
/** Absolute (RFC 3987), or empty; without the characters that would end it in Turtle. */
// deno-lint-ignore no-control-regex
const IRI = /^$|^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`\x00-\x20]+$/i;

/** What can be changed by `POST /api/config`. An empty string leaves a text as it is. */
export const SettingsChange = z.object({
  webhook_url: z.string().refine(
    (text) => text === "" || HttpUrl.safeParse(text).success,
    "must be an http:// or https:// URL, or null",
  ).nullable().optional()
    .openapi({ description: "Where batches are exported to; null = nowhere." }),
  ontology_iri: z.string().max(2048).regex(
    IRI,
    "must be an absolute IRI, as in https://a.example/o#",
  )
    .optional()
    .openapi({ description: "Namespace of the exported ontology." }),
  batch_size: wholeNumber(10_000).optional()
    .openapi({ type: "integer", description: "Events in an export. A string is fine too." }),
  export_batch_size: wholeNumber(10_000).optional()
    .openapi({ type: "integer", description: "The same as batch_size." }),
  export_interval_secs: wholeNumber(86_400).optional()
    .openapi({ type: "integer", description: "Longest time until a smaller export, s." }),
  export_from: z.string().refine(
    (text) => text === "" || idBefore(text) !== null,
    'must be an event\'s id, an RFC 3339 time, or "beginning"',
  ).optional().openapi({
    description: "From where on events are exported: an event's id, an RFC 3339 time, or " +
      "`beginning`. Without it, a webhook gets the events that come after it is set.",
  }),
}).openapi("SettingsChange");

/** The settings as clients see them. */
export const SettingsView = z.object({
  webhook_url: z.string().nullable(),
  ontology_iri: z.string(),
  export_batch_size: z.int(),
  export_interval_secs: z.int(),
}).openapi("Settings");

/**
 * Changes the settings that `values` names; members it does not know are ignored.
 *
 * @returns whether anything is different now
 * @throws {InvalidRequestError} naming the member that is wrong; then nothing is changed
 */
export function changeSettings(keeper: SettingsKeeper, values: unknown): Promise<boolean> {
  const parsed = SettingsChange.safeParse(values);
  if (!parsed.success) throw invalidRequest(parsed.error);
  const { batch_size, export_batch_size = batch_size, export_from, ...rest } = parsed.data;
  const given = Object.entries({ ...rest, export_batch_size })
    .filter(([, value]) => value !== undefined && value !== "");
  const changes = Object.fromEntries(given) as Partial<Settings>;
  if (!export_from) return keeper.change(changes);
  const { webhook_url = keeper.current.webhook_url } = changes;
  if (webhook_url === null) {
    throw new InvalidRequestError("export_from: there is no webhook_url to export to");
  }
  return keeper.change(changes, idBefore(export_from)!);
}

/** The settings without the secrets that a URL can hold. */
export function masked(
  { export_start: _, webhook_url, ...others }: Settings,
): z.infer<typeof SettingsView> {
  return { webhook_url: webhook_url && maskedUrl(webhook_url), ...others };
}
