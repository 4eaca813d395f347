import { EVENT_TYPES, KINDS, UserSchema } from "../../src/events/event.js";
import { WITHOUT_EVENT } from "../../src/platform/wire/methods.js";
import { EVENT_SAMPLES } from "./event-samples.js";
import { CHINESE } from "./events-in-chinese.js";
import { page, withPart } from "./markdown.js";
import { cell, table } from "./table.js";

/** What is read of a JSON Schema here. */
export interface Property {
  readonly $id?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly description?: string;
}

type Language = "en" | "zh";

/** Words of the tables beside those of the schema. */
interface Words {
  readonly titles: readonly [field: string, type: string, about: string];
  readonly personName: string;
  readonly none: string;
  readonly methods: readonly [methods: string, why: string];
  readonly optional: string;
  readonly or: string;
  list(of: string): string;
  /** Words of the schema. @throws Error for those that it does not know */
  say(words: string): string;
}

const ENGLISH: Words = {
  titles: ["field", "type", "what it is"],
  personName: "[person](#a-person)",
  none: "No fields of its own.\n",
  methods: ["methods", "why"],
  optional: ", optional",
  or: " or ",
  list: (of) => `list of ${of}`,
  say: (words) => words,
};

const IN_CHINESE: Words = {
  titles: ["字段", "类型", "说明"],
  personName: "[人物](#人物)",
  none: "没有自己的字段。\n",
  methods: ["method", "原因"],
  optional: "，可选",
  or: " 或 ",
  list: (of) => `${of} 的列表`,
  say: (words) => {
    const said = CHINESE[words];
    if (said === undefined && words !== "") throw new Error(`test/docs/events-in-chinese.ts does not say: ${words}`);
    return said ?? "";
  },
};

/** docs/events.md, or the Chinese one, with what the schema says. */
export function eventsPage(language: Language = "en"): string {
  const words = language === "zh" ? IN_CHINESE : ENGLISH;
  const kinds = EVENT_TYPES.map((type) => [type, KINDS[type] as Property] as const);
  const first = (kinds[0]?.[1].properties ?? {}) as Readonly<Record<string, Property>>;
  const shared = Object.entries(first).filter(
    ([name]) => name !== "type" && kinds.every(([, kind]) => kind.properties?.[name] !== undefined),
  );
  const names = new Set(["type", ...shared.map(([name]) => name)]);
  const type: Property = { type: "string", description: "one of the above" };
  const seq: Property = { type: "integer", description: "place in the room's log" };
  const parts = {
    types: table(
      [words.titles[1], words.titles[2]],
      kinds.map(([type, { description = "" }]) => [`[\`${type}\`](#${type})`, cell(words.say(description))]),
    ),
    fields: table(
      words.titles,
      rows(words, Object.fromEntries([["seq", seq], ["type", type], ...shared]), ["seq", ...(kinds[0]?.[1].required ?? [])]),
    ),
    person: table(words.titles, rows(words, (UserSchema as Property).properties ?? {}, UserSchema.required)),
    kinds: kinds.map(([type, kind]) => section(words, type, kind, names)).join(""),
    methods: table(
      words.methods,
      WITHOUT_EVENT.map(({ why, methods }) => [methods.map((name) => name.replace(/^Webcast/, "")).join(", "), cell(words.say(why))]),
    ),
  };
  const path = `docs/events${language === "zh" ? ".zh" : ""}.md`;
  return Object.entries(parts).reduce((text, [name, part]) => withPart(text, name, part), page(path));
}

function section(words: Words, type: (typeof EVENT_TYPES)[number], kind: Property, shared: ReadonlySet<string>): string {
  const own = Object.fromEntries(Object.entries(kind.properties ?? {}).filter(([name]) => !shared.has(name)));
  const fields = Object.keys(own).length === 0 ? words.none : table(words.titles, rows(words, own, kind.required ?? []));
  const sample = EVENT_SAMPLES[type];
  const shown = sample === undefined ? "" : `\n\`\`\`json\n${linesOf(sample)}\n\`\`\`\n`;
  return `\n## ${type}\n\n${words.say(kind.description ?? "")}\n\n${fields}${shown}`;
}

/** JSON with a line for each field. */
function linesOf(sample: object): string {
  const lines = Object.entries(sample).map(([name, value]) => `  ${JSON.stringify(name)}: ${spaced(value)}`);
  return `{\n${lines.join(",\n")}\n}`;
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}: ${spaced(inner)}`)
    .join(", ")}}`;
}

function rows(words: Words, properties: Readonly<Record<string, Property>>, required: readonly string[], path = ""): (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const optional = required.includes(name) ? "" : words.optional;
    const about =
      isPerson(property) && property.$id !== undefined
        ? "who did it, or whom it is about"
        : (property.description ?? innermost(property).description ?? "");
    const inside = within(property);
    const list = innermost(property).type === "array" ? "[]" : "";
    return [
      [`\`${path}${name}\``, `${typeOf(words, property)}${optional}`, cell(words.say(about))],
      ...inside.flatMap((object) => rows(words, object.properties ?? {}, object.required ?? [], `${path}${name}${list}.`)),
    ];
  });
}

/** The objects that a field holds, where they are described nowhere else. */
function within(property: Property): readonly Property[] {
  const { items, ...own } = innermost(property);
  const holds = items ?? own;
  if (isPerson(holds)) return [];
  return (holds.anyOf ?? [holds]).filter(({ properties }) => properties !== undefined);
}

/** Without its `or null`. */
function innermost(property: Property): Property {
  const others = property.anyOf?.filter(({ type }) => type !== "null") ?? [];
  return others.length === 1 && others[0] !== undefined ? others[0] : property;
}

function isPerson(property: Property): boolean {
  return innermost(property).$id === "User";
}

function typeOf(words: Words, property: Property): string {
  if (property.$id === "User") return words.personName;
  if (property.const !== undefined) return `\`${JSON.stringify(property.const)}\``;
  if (property.enum !== undefined) return property.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (property.anyOf !== undefined) return [...new Set(property.anyOf.map((one) => typeOf(words, one)))].join(words.or);
  if (property.items !== undefined) return words.list(typeOf(words, property.items));
  return property.type ?? "any";
}
