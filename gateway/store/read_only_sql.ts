import type { DuckDBConnection } from "@duckdb/node-api";
import { QueryRefusedError } from "./errors.ts";

/** What queries may read. The configuration is not among them: it may hold secrets. */
export const PUBLIC_RELATIONS = [
  "events",
  "enrichments",
  "schemas",
  "exports",
  "export_attempts",
  "export_states",
  "dead_letters",
  "chat_turns",
] as const;

/** Table functions that read nothing but their arguments. */
const PURE_TABLE_FUNCTIONS = new Set([
  "generate_series",
  "generate_subscripts",
  "json_each",
  "json_tree",
  "range",
  "repeat",
  "repeat_row",
  "unnest",
]);

/** DuckDB's syntax tree, of which only the nodes that name relations matter here. */
interface Node {
  readonly type?: unknown;
  readonly [member: string]: unknown;
}

/** What is known of a query before it runs. */
export interface ReadOnlyQuery {
  /** Whether it asks for an order of its rows. */
  readonly isOrdered: boolean;
}

/**
 * Refuses what is not one statement that reads the store's public relations and nothing else. DuckDB
 * itself parses it; file access is off in the whole database besides.
 *
 * @throws {QueryRefusedError} saying what is wrong with it
 */
export async function parseReadOnly(
  connection: DuckDBConnection,
  sql: string,
): Promise<ReadOnlyQuery> {
  const reader = await connection.runAndReadAll("SELECT json_serialize_sql($1::VARCHAR)", [sql]);
  const tree = JSON.parse(String(reader.value(0, 0)));
  if (tree.error === true) throw syntaxError(sql, tree);
  if (tree.statements.length !== 1) {
    throw new QueryRefusedError(`there are ${tree.statements.length} statements instead of one`);
  }
  const names = new CommonTableNames();
  visit(tree, (node) => names.add(node));
  await names.assertUnambiguous(connection);
  visit(tree, (node) => assertAllowed(node, names));
  const modifiers: readonly Node[] = tree.statements[0].node.modifiers;
  return { isOrdered: modifiers.some(({ type }) => type === "ORDER_MODIFIER") };
}

/** Names that a query gives to its own `WITH` tables. */
class CommonTableNames {
  readonly #names = new Set<string>();

  add(node: Node): void {
    const { map } = node["cte_map"] as { map?: { key: string }[] } ?? {};
    for (const { key } of map ?? []) this.#names.add(key.toLowerCase());
    if (node.type === "RECURSIVE_CTE_NODE") this.#names.add(String(node["cte_name"]).toLowerCase());
  }

  has(name: string): boolean {
    return this.#names.has(name.toLowerCase());
  }

  /** A name holds in a part of the query only: elsewhere the same name would mean the relation. */
  async assertUnambiguous(connection: DuckDBConnection): Promise<void> {
    if (this.#names.size === 0) return;
    const reader = await connection.runAndReadAll(
      "SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views()",
    );
    for (const [name] of reader.getRows()) {
      if (!this.#names.has(String(name))) continue;
      throw new QueryRefusedError(`${name} is the name of a relation; call yours something else`);
    }
  }
}

function assertAllowed(node: Node, names: CommonTableNames): void {
  if (node.type === "BASE_TABLE") {
    const { table_name: name, schema_name: schema, catalog_name: catalog } = node;
    const isUnqualified = schema === "" && catalog === "";
    if (isUnqualified && names.has(String(name))) return;
    const isPublic = PUBLIC_RELATIONS.some((known) => known === String(name).toLowerCase());
    if (isPublic && (schema === "" || schema === "main") && catalog === "") return;
    throw new QueryRefusedError(
      `${JSON.stringify(name)} can't be read; there are ${PUBLIC_RELATIONS.join(", ")}`,
    );
  }
  if (node.type === "TABLE_FUNCTION") {
    const { function_name: name } = node["function"] as Node;
    if (PURE_TABLE_FUNCTIONS.has(String(name).toLowerCase())) return;
    throw new QueryRefusedError(`the table function ${name} is not allowed`);
  }
}

/** Visits every node of the tree, however it is nested. */
function visit(value: unknown, onNode: (node: Node) => void): void {
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== "object" || next === null) continue;
    if (!Array.isArray(next)) onNode(next as Node);
    // One by one: a tree may have more branches than a call may have arguments.
    for (const child of Object.values(next)) waiting.push(child);
  }
}

function syntaxError(
  sql: string,
  { error_message, position }: { error_message: string; position?: string },
): QueryRefusedError {
  if (/^Only SELECT/.test(error_message)) {
    return new QueryRefusedError("only statements that read are allowed, such as SELECT");
  }
  if (position === undefined) return new QueryRefusedError(error_message);
  const before = [...sql].slice(0, Number(position)).join("").split("\n");
  const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
  return new QueryRefusedError(`${error_message} at ${place}`);
}
