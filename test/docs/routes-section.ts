import { readFileSync } from "node:fs";
import { page, ROOT, withPart } from "./markdown.js";
import { cell, table } from "./table.js";

interface Operation {
  readonly summary: string;
  readonly description?: string;
}

/** docs/api.md with its table of routes as docs/gen/openapi.json has them; the rest is as it stands. */
export function apiPage(): string {
  const text = readFileSync(`${ROOT}docs/gen/openapi.json`, "utf8");
  const { paths } = JSON.parse(text) as { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
  const rows = Object.entries(paths)
    .filter(([path]) => !path.startsWith("/douyin/"))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary, description = "" }]) => [
        `\`${method.toUpperCase()} ${path}\``,
        /Needs a token of scope (\w+)/.exec(description)?.[1] ?? "none",
        cell(summary),
      ]),
    );
  return withPart(page("docs/api.md"), "routes", table(["route", "scope", "what it does"], rows));
}
