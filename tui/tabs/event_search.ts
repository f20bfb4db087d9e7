import type { EventFilter } from "../client/gateway_client.ts";

const TERM = /(type|conversation):("[^"]*"|\S+)/g;

/** Reads `type:UserMessage conversation:"a b" text that it contains`. */
export function parseSearch(search: string): EventFilter {
  const terms = new Map(
    Array.from(search.matchAll(TERM), ([, name, value]) => [name, value!.replaceAll('"', "")]),
  );
  const type = terms.get("type");
  const conversationId = terms.get("conversation");
  const contains = search.replaceAll(TERM, "").replaceAll(/\s+/g, " ").trim();
  return {
    ...(type === undefined ? {} : { type }),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(contains === "" ? {} : { contains }),
  };
}
