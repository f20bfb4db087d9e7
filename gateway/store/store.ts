import type { DuckDBConnection } from "@duckdb/node-api";
import type { GatewayEvent } from "../event/event.ts";
import type { LearnedSchemaRow } from "../event/schema_registry.ts";
import { parseUuid } from "../event/uuid_v7.ts";
import { ChatStore } from "./chat_store.ts";
import { ChunkAppender } from "./chunk_appender.ts";
import { Database, type DatabaseOptions } from "./database.ts";
import { QueryBusyError, StoreUnavailableError } from "./errors.ts";
import type { EventFilter } from "./event_filter.ts";
import { EnrichmentLog } from "./enrichment_log.ts";
import * as pages from "./event_pages.ts";
import * as events from "./event_queries.ts";
import { listAfter } from "./event_rows.ts";
import { ExportStore } from "./export_store.ts";
import { GroupCommit, type GroupCommitOptions } from "./group_commit.ts";
import { type QueryResult, QueryRunner } from "./query_runner.ts";
import type { Enrichment } from "./rows.ts";
import type { StoredEvent } from "./stored_event.ts";
import { type SearchFilter, searchText, type TextMatch } from "./text_search.ts";
import { type Failures, type FailureSearch, listUnnamed } from "./unnamed_events.ts";
import * as unpublished from "./unpublished_events.ts";

/** Searches by words, of which one runs and the others wait. */
const MAX_SEARCHES = 8;

const SCHEMA_COLUMNS = ["uuid", "varchar", "varchar"] as const;

/** How the store is opened. */
export interface StoreOptions extends DatabaseOptions, GroupCommitOptions {}

/**
 * Everything the gateway keeps: events, what was learned of them, schemas and configuration, in one
 * DuckDB file. Events become durable through {@linkcode GroupCommit}; each read takes a connection
 * of its own, so that reads run beside each other and beside the commits.
 */
export class Store {
  /** Conversations. */
  readonly chats = new ChatStore((query) => this.#connected(query));
  /** What is handed on to webhooks. */
  readonly exports = new ExportStore((query) => this.#connected(query));
  /** Queries from outside. */
  readonly queries: QueryRunner;
  readonly #database: Database;
  readonly #commits: GroupCommit;
  readonly #enrichments: EnrichmentLog;
  #searches = 0;
  #lastSearch: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(database: Database, options: GroupCommitOptions) {
    this.#database = database;
    this.#commits = new GroupCommit(database, options);
    this.#enrichments = new EnrichmentLog(database);
    this.queries = new QueryRunner({
      connect: () => this.#connect(),
      borrowResources: () => database.borrowResources(),
      exportDirectory: database.exportDirectory,
    });
    database.beforeClosing(() => this.queries.close());
  }

  /** @throws {DatabaseOpenError} see {@linkcode Database.open} */
  static async open(options: StoreOptions): Promise<Store> {
    return new Store(await Database.open(options), options);
  }

  get queuedEvents(): number {
    return this.#commits.queuedEvents;
  }

  /** See {@linkcode GroupCommit.isCrowded}. */
  get isCrowded(): boolean {
    return this.#commits.isCrowded;
  }

  /** Whether a stream of events comes in. */
  get isStreaming(): boolean {
    return this.#commits.isStreaming;
  }

  /** Why writes fail, or do not last; null when they succeed. */
  get failure(): StoreUnavailableError | null {
    return this.#database.fileFailure ?? this.#commits.failure;
  }

  /** See {@linkcode Database.checkFile}. */
  checkFile(): Promise<void> {
    return this.#database.checkFile();
  }

  /** See {@linkcode GroupCommit.probe}. */
  probe(): Promise<void> {
    return this.#commits.probe();
  }

  /** Lets go of memory that is not needed now. */
  shrink(): Promise<void> {
    return this.#database.shrink();
  }

  /**
   * See {@linkcode GroupCommit.append}.
   *
   * @throws {StoreUnavailableError} also while the database's file is not where it was
   */
  append(events: readonly GatewayEvent[]): Promise<void> {
    const { fileFailure } = this.#database;
    if (fileFailure !== null) return Promise.reject(fileFailure);
    return this.#commits.append(events);
  }

  /** See {@linkcode EnrichmentLog.append}. */
  appendEnrichments(rows: readonly Enrichment[]): void {
    this.#enrichments.append(rows);
  }

  /** See {@linkcode EnrichmentLog.flush}. */
  flushEnrichments(): Promise<void> {
    return this.#enrichments.flush();
  }

  async listEvents(filter: EventFilter): Promise<StoredEvent[]> {
    const list = () => this.#connected((connection) => pages.listEvents(connection, filter));
    return filter.contains === undefined ? await list() : await this.#withResources(list);
  }

  eventsByIds(ids: readonly string[]): Promise<StoredEvent[]> {
    return this.#connected((connection) => pages.eventsByIds(connection, ids));
  }

  /**
   * See {@linkcode searchText}. One at a time: each may need all the memory there is.
   *
   * @throws {QueryBusyError} if too many wait already
   */
  async searchText(text: string, limit: number, filter: SearchFilter): Promise<TextMatch[]> {
    if (this.#searches === MAX_SEARCHES) throw new QueryBusyError();
    this.#searches++;
    const search = this.#lastSearch.then(() =>
      this.#withResources(() =>
        this.#connected((connection) => searchText(connection, text, limit, filter))
      )
    );
    this.#lastSearch = search.catch(() => {});
    return await search.finally(() => this.#searches--);
  }

  /** The same events as columns; see {@linkcode pages.streamEvents}. */
  queryEvents(filter: EventFilter, signal: AbortSignal): Promise<QueryResult> {
    return this.queries.startOwn((connection) => pages.streamEvents(connection, filter), signal);
  }

  countByInterval(
    type: string,
    intervals: { sinceUs: number; intervalUs: number },
  ): Promise<Map<number, number>> {
    return this.#connected((connection) => events.countByInterval(connection, type, intervals));
  }

  countEvents(): Promise<number> {
    return this.#connected(events.countEvents);
  }

  getEvent(id: string): Promise<StoredEvent | null> {
    return this.#connected((connection) => pages.getEvent(connection, id));
  }

  listStages(eventId: string): Promise<events.StageRecord[]> {
    return this.#connected((connection) => events.listStages(connection, eventId));
  }

  listUnpublished(afterId: string, limit: number): Promise<StoredEvent[]> {
    return this.#connected((connection) => unpublished.listUnpublished(connection, afterId, limit));
  }

  listUnpublishedIds(afterId: string, limit: number): Promise<string[]> {
    return this.#connected((connection) =>
      unpublished.listUnpublishedIds(connection, afterId, limit)
    );
  }

  /** See {@linkcode listUnnamed}. */
  listUnnamed(search: FailureSearch): Promise<Failures> {
    return this.#connected((connection) => listUnnamed(connection, search));
  }

  listAfter(afterId: string, limit: number): Promise<StoredEvent[]> {
    return this.#connected((connection) => listAfter(connection, afterId, limit));
  }

  listArrivalsBefore(
    beforeId: string,
    limit: number,
  ): ReturnType<typeof events.listArrivalsBefore> {
    return this.#connected((connection) => events.listArrivalsBefore(connection, beforeId, limit));
  }

  listIdempotencyKeys(
    afterId: string,
    limit: number,
  ): ReturnType<typeof events.listIdempotencyKeys> {
    return this.#connected((connection) => events.listIdempotencyKeys(connection, afterId, limit));
  }

  lastEventId(): Promise<string | null> {
    return this.#connected(events.lastEventId);
  }

  /** Keeps the state of the schemas that changed; all of them stand at the event `throughId`. */
  saveSchemas(throughId: string, rows: readonly LearnedSchemaRow[]): Promise<void> {
    return this.#connected(async (connection) => {
      const id = parseUuid(throughId)!;
      await connection.run("BEGIN");
      // An INSERT for each would take ten seconds for as many as there may be.
      const appender = await ChunkAppender.open(connection, "schemas", SCHEMA_COLUMNS);
      for (const { name, learned } of rows) {
        appender.setUuid(0, id);
        appender.setText(1, name);
        appender.setText(2, learned);
        appender.endRow();
      }
      appender.flush();
      await connection.run("COMMIT");
    });
  }

  /** The latest state of every schema, and the event up to which they have learned. */
  loadSchemas(): Promise<{ throughId: string | null; rows: LearnedSchemaRow[] }> {
    return this.#connected(async (connection) => {
      const latest = await connection.runAndReadAll(
        "SELECT name, arg_max(learned, through_id) FROM schemas GROUP BY name",
      );
      const through = await connection.runAndReadAll(
        "SELECT max(through_id)::VARCHAR FROM schemas",
      );
      return {
        throughId: through.value(0, 0) as string | null,
        rows: latest.getRows().map(([name, learned]) => ({
          name: String(name),
          learned: String(learned),
        })),
      };
    });
  }

  /** Keeps values of the configuration; each replaces the former value of its key. */
  saveConfig(values: ReadonlyMap<string, string>): Promise<void> {
    return this.#connected(async (connection) => {
      await connection.run("BEGIN");
      for (const [key, value] of values) {
        await connection.run("INSERT INTO config VALUES (now(), $1, $2)", [key, value]);
      }
      await connection.run("COMMIT");
    });
  }

  /** The latest value of every key. */
  loadConfig(): Promise<Map<string, string>> {
    return this.#connected(async (connection) => {
      const reader = await connection.runAndReadAll(
        // By row, not by time: the clock may have been set back.
        "SELECT key, arg_max(value, rowid) FROM config GROUP BY key",
      );
      return new Map(reader.getRows().map(([key, value]) => [String(key), String(value)]));
    });
  }

  /** Commits what waits and lets what is under way come to its end, then closes the database. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.queries.close();
    await this.#commits.close();
    await this.#enrichments.close();
    await this.#database.close();
  }

  /** Reads payloads by the thousand. */
  async #withResources<T>(query: () => Promise<T>): Promise<T> {
    using _resources = await this.#database.borrowResources();
    return await query();
  }

  async #connected<T>(query: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return await this.#database.use(query);
  }

  async #connect(): Promise<DuckDBConnection> {
    this.#assertOpen();
    return await this.#database.track(() => this.#database.connect());
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StoreUnavailableError("the store is closed");
  }
}
