// Guards: the pages' tables of events, settings, errors, routes and phases say what the source says.
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { variableOf } from "../../src/app/config.js";
import { ConfigSchema } from "../../src/app/setting-schema.js";
import { EVENT_TYPES, KINDS } from "../../src/events/event.js";
import { ERRORS } from "../../src/runtime/errors.js";
import { roomsPage } from "./collection-section.js";
import { configurationPage } from "./configuration-page.js";
import { errorsPage } from "./errors-page.js";
import { EVENT_SAMPLES } from "./event-samples.js";
import { eventsPage, type Property } from "./events-page.js";
import { page, ROOT } from "./markdown.js";
import { apiPage } from "./routes-section.js";

describe("pages that are written from the source; after a change: vitest run --project unit test/docs/generated.test.ts -u", () => {
  it.each([
    ["events", eventsPage],
    ["events.zh", () => eventsPage("zh")],
    ["configuration", configurationPage],
    ["configuration.zh", () => configurationPage("zh")],
    ["errors", errorsPage],
    ["errors.zh", () => errorsPage("zh")],
    ["api", apiPage],
    ["rooms-and-links", roomsPage],
  ])("docs/%s.md is as the source says", async (name, write) => {
    await expect(write()).toMatchFileSnapshot(`${ROOT}docs/${name}.md`);
  });

  it("have every event type, setting and error once, and each setting and field is explained", () => {
    const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name ?? "").toSorted();
    expect(names(eventsPage(), /^## ([a-z]+)$/gm)).toEqual([...EVENT_TYPES].toSorted());
    const variables = (Object.keys(ConfigSchema.properties) as (keyof typeof ConfigSchema.properties)[]).map(variableOf);
    expect(names(configurationPage(), /^\| `([A-Z]\w+)`/gm)).toEqual(variables.toSorted());
    expect(names(errorsPage(), /^\| `(\w+)`/gm)).toEqual(Object.keys(ERRORS).toSorted());
    expect(names(configurationPage("zh"), /^\| `([A-Z]\w+)`/gm)).toEqual(names(configurationPage(), /^\| `([A-Z]\w+)`/gm));
    for (const text of [eventsPage(), configurationPage(), errorsPage()]) expect(text).not.toMatch(/\| +\|$/m);
  });

  it("name the same routes with the same scopes in Chinese", () => {
    const routesOf = (path: string) =>
      [...page(path).matchAll(/^\| (`[A-Z]+ \/\S+`) \| (\S+) \|/gm)].map(([, route, scope]) => `${route} ${scope}`);
    const routes = routesOf("docs/api.md");
    expect(routes.length).toBeGreaterThan(50);
    expect(routesOf("docs/api.zh.md").map((line) => line.replace("不需要", "none"))).toEqual(routes);
  });

  it("show events that are valid", () => {
    for (const [type, sample] of Object.entries(EVENT_SAMPLES)) {
      const schema = KINDS[type as keyof typeof KINDS];
      expect([type, ...Value.Errors(schema, sample)]).toEqual([type]);
      const known = new Set(["seq", ...Object.keys((schema as Property).properties ?? {})]);
      expect(Object.keys(sample).filter((name) => !known.has(name))).toEqual([]);
    }
  });
});
