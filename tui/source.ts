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
 * A gateway.
 *
 * @param token sent as bearer token
 * @param send gets the requests; over the network unless the gateway is in this process
 */
export function gatewaySource(
  url: string,
  token?: string,
  send: (request: Request) => Promise<Response> = fetch,
): DashboardSource {
  const base = url.replace(/\/+$/, "");
  return {
    label: base.replace(/^https?:\/\//, ""),
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
      // Whoever redirects could get the token.
      return send(new Request(`${base}${path}`, { ...init, headers, redirect: "error" }));
    },
  };
}
