import { type Config, takesOf, variableOf } from "../../src/app/config.js";
import { ConfigSchema } from "../../src/app/setting-schema.js";
import { english } from "../../src/runtime/told.js";
import { cell, table } from "./table.js";

type Key = keyof Config;
/** Headings, with how the keys below them begin; the first that fits has a key. */
const GROUPS: readonly (readonly [heading: string, of: RegExp])[] = [
  ["The server", /^(host|port|data$|logLevel|record|disk)/],
  ["Several processes on one database", /^(database|role|name|capacity|spool)/],
  ["Towards the platform", /^(upstream|signer|source|account|browser|cdp|rooms|proxy|userAgent|poll|requests|connects)/],
  ["Rooms that are asked for", /^(maxOnDemand|onDemand)/],
  ["Webhooks", /^hook/],
  ["How much is kept", /^keep/],
  ["Clients of other programs", /^compat/],
  ["The Open Platform's push", /^official/],
  ["Others", /./],
];

const INTRODUCTION = `# Configuration

<!-- Written by test/docs/generated.test.ts from src/app/setting-schema.ts; change it there and run the test with -u. -->

Every setting of dylive. Settings are environment variables; a command's own options (\`--port\`, \`--data\` …)
come before them. A value that is not valid ends the start with \`bad_config\`, which names the variable and what it takes. An empty variable counts as unset.

\`\`\`sh
DYLIVE_PORT=9000 DYLIVE_KEEP_EVENTS_DAYS=90 dylive serve
\`\`\`

\`GET /v1/about\` (scope admin) and the dashboard's settings show what a running server uses, without secrets.
`;

/** docs/configuration.md. */
export function configurationPage(): string {
  const left = new Set(Object.keys(ConfigSchema.properties) as Key[]);
  const sections = GROUPS.map(([heading, of]) => {
    const keys = [...left].filter((key) => of.test(key));
    for (const key of keys) left.delete(key);
    return keys.length === 0 ? "" : `\n## ${heading}\n\n${table(["variable", "takes", "default", "what it is"], keys.map(row))}`;
  });
  return `${INTRODUCTION}${sections.join("")}`;
}

function row(key: Key): readonly string[] {
  const property = ConfigSchema.properties[key] as Parameters<typeof takesOf>[0];
  return [`\`${variableOf(key)}\``, english(takesOf(property)), given(key, property.default), cell(property.description ?? "")];
}

function given(key: Key, value: unknown): string {
  if (value === null || (typeof value === "object" && Object.keys(value).length === 0)) return "unset";
  const time = key.endsWith("Ms") && typeof value === "number" ? ` (${duration(value)})` : "";
  return `\`${String(value)}\`${time}`;
}

const UNITS = [
  [86_400_000, "days"],
  [3_600_000, "hours"],
  [60_000, "minutes"],
  [1000, "seconds"],
] as const;

function duration(ms: number): string {
  const [size, unit] = UNITS.find(([size]) => ms >= size && ms % size === 0) ?? [1, "ms"];
  return ms === size ? `1 ${unit.replace(/s$/, "")}` : `${ms / size} ${unit}`;
}
