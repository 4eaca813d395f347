import type { TSchema } from "typebox";

/** TypeBox's report on one place where a value does not fit its schema. Its own words name regular expressions, and no values. */
interface Misfit {
  readonly keyword: string;
  /** JSON pointer of the place. */
  readonly instancePath: string;
  readonly params: object;
}

/** Parts of a JSON schema that say what a field takes. */
interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly FieldSchema[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

/** Mistake of a client in what it sent. */
interface Mistake {
  /** Outermost field that it is in; null when it is in none. */
  readonly field: string | null;
  /** Says the mistake and what would be right, in a sentence without its full stop. */
  readonly words: string;
}

/**
 * Returns what a client is told of the first thing that does not fit: in plain words, with the values and bounds that there are. Where a text
 * has to have a form, these are the words of its description, which therefore begins with what it takes.
 * @param misfits of the value with this schema; at least one
 * @param whole what the value is called
 */
export function mistakeOf(schema: TSchema, misfits: readonly Misfit[], whole: string): Mistake {
  for (const { instancePath, params } of misfits) {
    const [extra] = namesIn(params, "additionalProperties");
    if (extra === undefined) continue;
    const { field, name, at } = placeOf(schema, instancePath);
    const known = alternatives(at).flatMap(({ properties = {} }) => Object.keys(properties));
    const [shown, all] = [JSON.stringify(extra.slice(0, 40)), known.join(", ") || "none"];
    const words =
      name === "" ? `there is no field ${shown} here; there are: ${all}` : `there is no field ${shown} in ${name}; there are: ${all}`;
    return { field, words };
  }
  for (const { instancePath, params } of misfits) {
    const [missing] = namesIn(params, "requiredProperties");
    if (missing === undefined) continue;
    const { field, name, at } = placeOf(schema, `${instancePath}/${missing}`);
    return { field, words: `${name} is missing: it must be ${takes(at)}` };
  }
  const first = misfits.find(({ keyword }) => keyword !== "anyOf") ?? misfits[0];
  const { field, name, at } = placeOf(schema, first?.instancePath ?? "");
  return { field, words: `${name || whole} must be ${takes(at)}` };
}

function namesIn(params: object, key: "additionalProperties" | "requiredProperties"): readonly string[] {
  return (params as Readonly<Record<string, readonly string[] | undefined>>)[key] ?? [];
}

/** A place in what was sent, and what it takes. */
interface Place {
  readonly field: string | null;
  /** Name as people write it, such as `rooms[0].after`; empty for the whole. */
  readonly name: string;
  readonly at: FieldSchema;
}

/** Finds a place by its pointer. Names that the schema does not have are the sender's own, and not followed. */
function placeOf(schema: TSchema, pointer: string): Place {
  let at = schema as FieldSchema;
  let name = "";
  for (const part of pointer.split("/").slice(1)) {
    const within = alternatives(at).find(({ properties, items }) => (properties === undefined ? items : Object.hasOwn(properties, part)));
    const next = within?.properties?.[part] ?? within?.items;
    if (next === undefined) break;
    name += within?.properties === undefined ? `[${part}]` : name === "" ? part : `.${part}`;
    at = next;
  }
  return { field: /^[^.[]+/.exec(name)?.[0] ?? null, name, at };
}

function alternatives(schema: FieldSchema): readonly FieldSchema[] {
  return schema.anyOf?.flatMap(alternatives) ?? [schema];
}

/** Says what a field takes and, where that is more, what it is. */
function takes(schema: FieldSchema): string {
  const { description = "" } = schema;
  const form = formOf(schema);
  const plain = (text: string) => text.replaceAll(" or ", ", ");
  if (plain(form).includes(plain(description))) return form;
  if (description.startsWith(form)) return description;
  // "a whole number of seconds from 0 to 60"
  const [number = "", range = ""] = form.split(/(?= from )/);
  if (range !== "" && description.startsWith(number) && description.includes(range)) return description;
  return `${form} (${description})`;
}

function formOf(schema: FieldSchema): string {
  const { anyOf, type, pattern, properties = {} } = schema;
  if (anyOf !== undefined) return listed([...new Set(alternatives(schema).map(formOf))]);
  if (schema.enum !== undefined) return listed(schema.enum.map(String));
  if (schema.const !== undefined) return String(schema.const);
  if (pattern !== undefined) return schema.description ?? "otherwise";
  switch (type) {
    case "integer":
      return `a whole number${rangeOf(schema.minimum, schema.maximum)}`;
    case "number":
      return `a number${rangeOf(schema.minimum, schema.maximum)}`;
    case "boolean":
      return "true or false";
    case "array":
      return `a list${countOf(schema.minItems, schema.maxItems, "item")}`;
    case "object":
      return `an object${Object.keys(properties).length === 0 ? "" : ` {${Object.keys(properties).join(", ")}}`}`;
    case "string":
      return `text${countOf(schema.minLength, schema.maxLength, "character")}`;
    default:
      return type ?? "otherwise";
  }
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function rangeOf(least: number | undefined, bound: number | undefined): string {
  const most = bound === Number.MAX_SAFE_INTEGER ? undefined : bound;
  if (least === undefined) return most === undefined ? "" : ` up to ${most}`;
  return most === undefined ? ` from ${least} on` : ` from ${least} to ${most}`;
}

function countOf(least: number | undefined, most: number | undefined, what: string): string {
  if (least === undefined) return most === undefined ? "" : ` of up to ${most} ${what}s`;
  return most === undefined ? ` of ${least} or more ${what}s` : ` of ${least} to ${most} ${what}s`;
}
