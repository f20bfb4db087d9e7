import { html, raw } from "hono/html";

/** What the page shows of an OpenAPI document. */
interface Document {
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description?: string;
  };
  readonly paths?: Readonly<Record<string, object>>;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema?: { readonly description?: string };
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses?: Readonly<Record<string, { readonly description: string }>>;
}

const METHODS = new Set(["get", "post", "put", "delete"]);

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid #8884; padding: .5rem 0 }
h2 { font: 600 1.05rem ui-monospace, monospace; margin: .5rem 0 }
h2 b { color: #2a7; display: inline-block; min-width: 4rem; text-transform: uppercase }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0 }
dt, code { font-family: ui-monospace, monospace; font-size: .9rem }
dd { margin: 0 }
`;

/** The API's documentation as a page that needs no script and nothing from elsewhere. */
export function docsPage(document: Document) {
  const { info, paths = {} } = document;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>)
      .filter(([method]) => METHODS.has(method))
      .map(([method, operation]) => ({ path, method, operation }))
  );
  return html`
    <!DOCTYPE html>
    <html lang="en">
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width">
          <title>${info.title} API</title>
          <style>${raw(STYLE)}</style>
          <h1>${info.title} <small>${info.version}</small></h1>
          <p>${info.description ??
            ""} The whole of it for programs: <a href="/openapi.json">openapi.json</a>.</p>
          ${operations.map(section)}
        </html>
  `;
}

function section({ path, method, operation }: {
  path: string;
  method: string;
  operation: Operation;
}) {
  const { summary, description, parameters = [], requestBody, responses = {} } = operation;
  const rows = [
    ...parameters.map(({ name, in: where, schema }) =>
      [name, `${where}${schema?.description ? `: ${schema.description}` : ""}`] as const
    ),
    ...Object.keys(requestBody?.content ?? {}).map((type) => ["body", type] as const),
    ...Object.entries(responses).map(([status, answer]) => [status, answer.description] as const),
  ];
  return html`
    <section>
      <h2><b>${method}</b> ${path}</h2>
      <p>${summary ?? ""}. ${description ?? ""}</p>
      <dl>${rows.map(([term, text]) =>
        html`
          <dt>${term}</dt>
          <dd>${text}</dd>
        `
      )}</dl>
    </section>
  `;
}
