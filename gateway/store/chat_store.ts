import type { DuckDBConnection } from "@duckdb/node-api";

/** One turn of a conversation. */
export interface ChatTurn {
  readonly role: "user" | "assistant";
  readonly content: string;
}

type Connected = <T>(query: (connection: DuckDBConnection) => Promise<T>) => Promise<T>;

/** Conversations, turn by turn, and how far each has come. */
export class ChatStore {
  readonly #connected: Connected;
  #lastLoad: Promise<unknown> = Promise.resolve();

  constructor(connected: Connected) {
    this.#connected = connected;
  }

  /**
   * The newest turns of a session, oldest first, and what was kept with the last of them.
   *
   * @returns no turns, and null, where there is no such session
   */
  load(sessionId: string, turnsMax: number): Promise<{ turns: ChatTurn[]; state: string | null }> {
    // One after the other: each holds a part of all sessions' texts in memory, of which there is
    // little.
    const load = this.#lastLoad.then(() => this.#load(sessionId, turnsMax));
    this.#lastLoad = load.catch(() => {});
    return load;
  }

  #load(sessionId: string, turnsMax: number): Promise<{ turns: ChatTurn[]; state: string | null }> {
    return this.#connected(async (connection) => {
      const reader = await connection.runAndReadAll(
        `SELECT role, content, state FROM (
          SELECT rowid AS row, * FROM chat_turns WHERE session_id = $1
          ORDER BY row DESC LIMIT ${turnsMax}
        ) ORDER BY row`,
        [sessionId],
      );
      const rows = reader.getRows();
      return {
        turns: rows.map(([role, content]) => ({
          role: role as ChatTurn["role"],
          content: String(content),
        })),
        state: rows.at(-1)?.[2] as string | null ?? null,
      };
    });
  }

  /** @param state kept with each of the turns, JSON */
  append(sessionId: string, turns: readonly ChatTurn[], state: string): Promise<void> {
    return this.#connected(async (connection) => {
      await connection.run("BEGIN");
      for (const { role, content } of turns) {
        await connection.run("INSERT INTO chat_turns VALUES (now(), $1, $2, $3, $4)", [
          sessionId,
          role,
          content,
          state,
        ]);
      }
      await connection.run("COMMIT");
    });
  }
}
