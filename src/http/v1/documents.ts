import type { FastifyInstance } from "fastify";
import { EVENT_TYPES, type EventType, UserSchema } from "../../events/event.js";
import { EVENT_SCHEMAS } from "../../events/schemas.js";
import { DyliveError } from "../../runtime/errors.js";
import { packageFile, packagePath } from "../../runtime/packages.js";
import { SharedFiles } from "../page.js";

declare module "fastify" {
  /** Words that the documents of the API have for a route, besides the schemas of what it takes and answers. */
  interface FastifySchema {
    /** Whether they leave it out. */
    hide?: boolean;
    tags?: readonly string[];
    summary?: string;
    description?: string;
  }
}

/** Policy of the documentation's pages: they load their own files and talk to this server. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Files below /docs/: Swagger UI's own files, and what tells it where the document is. */
const PAGE_FILES = "static/";
const PAGE_SCRIPT = "show.js";
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>dylive: API</title>
<link rel="stylesheet" href="${PAGE_FILES}swagger-ui.css">
<link rel="icon" type="image/png" href="${PAGE_FILES}favicon-32x32.png" sizes="32x32">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${PAGE_FILES}swagger-ui-bundle.js"></script>
<script src="${PAGE_SCRIPT}"></script>
</body>
</html>
`;
// Swagger UI's other layout has a bar whose logo brings a style of its own, which the policy forbids.
const SHOW_DOCUMENT = `SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: new URL("../openapi.json", location.href).href,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [SwaggerUIBundle.plugins.DownloadUrl],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
  supportedSubmitMethods: ["get", "post", "put", "patch", "delete"],
  persistAuthorization: false,
});
`;

/** Adds the schemas of events, by the names that routes and their documents refer to them by. */
export function addEventSchemas(app: FastifyInstance): void {
  schemas ??= makeEventSchemas();
  for (const schema of schemas) app.addSchema(schema);
}

/**
 * Serves what describes the API: `/openapi.json` and `/asyncapi.json` as `docs/gen` has them, where a test writes them from the routes and their
 * schemas, and a page to browse the first at `/docs` that needs no network.
 */
export function serveDocuments(app: FastifyInstance): void {
  let documents: SharedFiles | null = null;
  let files: SharedFiles | null = null;
  for (const name of ["openapi.json", "asyncapi.json"])
    app.get(`/${name}`, { schema: { hide: true } }, (request, reply) => {
      documents ??= new SharedFiles(packagePath("docs/gen"));
      return documents.answer(request, reply.header("cache-control", "no-cache"), name);
    });
  // The page names its files from where it is, behind a proxy's path too.
  app.get("/docs", { schema: { hide: true } }, (_request, reply) => reply.redirect("docs/"));
  app.get<{ Params: { "*": string } }>("/docs/*", { schema: { hide: true } }, (request, reply) => {
    reply.header("content-security-policy", POLICY);
    const path = request.params["*"];
    if (path === "") return reply.type("text/html; charset=utf-8").send(PAGE);
    if (path === PAGE_SCRIPT) return reply.type("text/javascript; charset=utf-8").send(SHOW_DOCUMENT);
    files ??= new SharedFiles(packageFile("@fastify/swagger-ui/static"));
    const file = path.startsWith(PAGE_FILES) ? path.slice(PAGE_FILES.length) : "";
    if (file.endsWith(".html") || !files.has(file)) throw new DyliveError("no_address", "nothing is served at it");
    return files.answer(request, reply, file);
  });
}

/** A JSON Schema as plain data. */
type Schema = Readonly<Record<string, unknown>>;

/** Schemas of the events: made for the first server of the process. */
let schemas: readonly Schema[] | null = null;

/** Schemas of all events with the names that `/openapi.json` gives them: each kind once, people once, and the union of all kinds. */
function makeEventSchemas(): readonly Schema[] {
  const kinds = EVENT_TYPES.map((type) => {
    return { ...plain(EVENT_SCHEMAS[type]), $id: nameOf(type) };
  });
  const mapping = Object.fromEntries(EVENT_TYPES.map((type) => [type, `#/components/schemas/${nameOf(type)}`]));
  const union = {
    $id: "LiveEvent",
    oneOf: EVENT_TYPES.map((type) => ({ $ref: nameOf(type) })),
    discriminator: { propertyName: "type", mapping },
  };
  return [{ ...plainText(UserSchema), $id: "User" }, ...kinds, union];
}

function nameOf(type: EventType): string {
  return `${type[0]?.toUpperCase()}${type.slice(1)}Event`;
}

/** Returns the schema with people by reference. */
function plain(schema: object): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) =>
    typeof value === "object" && value !== null && "$id" in value && value.$id === "User" ? { $ref: "User" } : value,
  ) as Schema;
}

function plainText(schema: object): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema;
}
