/** Where the dashboard reads from. */
export interface DashboardSource {
  /** Names it to people, such as `127.0.0.1:9382`. */
  readonly label: string;
  /**
   * Asks the gateway over HTTP, or in the process itself.
   *
   * @param path with a leading slash, and the query
   */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/**
 * A gateway somewhere else.
 *
 * @param token sent as bearer token
 */
export function remoteSource(url: string, token?: string): DashboardSource {
  const base = url.replace(/\/+$/, "");
  return {
    label: base.replace(/^https?:\/\//, ""),
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
      // Whoever redirects could get the token.
      return fetch(`${base}${path}`, { ...init, headers, redirect: "error" });
    },
  };
}
