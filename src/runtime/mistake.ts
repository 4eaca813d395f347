import type { TSchema } from "typebox";
import { either, english, type Msg, type MsgPart, msg, msgOf } from "./msg.js";

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
  readonly uniqueItems?: boolean;
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

/** Mistake of a client in what it sent. */
interface Mistake {
  /** Outermost field that it is in; null when it is in none. */
  readonly field: string | null;
  /** Says the mistake and what would be right, in a sentence without its full stop. */
  readonly words: Msg;
}

/** Says a value that was given: text, numbers and the like as they are, and of all else what it is. */
export function shownOf(value: unknown): MsgPart {
  if (typeof value === "function") return msg`a function`;
  if (Array.isArray(value)) return value.length === 0 ? msg`an empty list` : msg`a list`;
  return typeof value === "object" && value !== null ? msg`an object` : JSON.stringify(String(value));
}

/**
 * Describes the first thing that does not fit to the client: in plain words, with the values and bounds that there are. Where a text
 * has to have a form, these are the words of its description, which therefore begins with what it takes.
 * @param misfits of the value with this schema; at least one
 * @param whole what the value is called
 * @param value the value, where what was given is to be said, too
 */
export function mistakeOf(schema: TSchema, misfits: readonly Misfit[], whole: Msg, value?: unknown): Mistake {
  for (const { instancePath, params } of misfits) {
    const [extra] = namesIn(params, "additionalProperties");
    if (extra === undefined) continue;
    const { field, name, at } = placeOf(schema, instancePath);
    const known = alternatives(at).flatMap(({ properties = {} }) => Object.keys(properties));
    const [shown, all] = [JSON.stringify(extra.slice(0, 40)), known.join(", ") || "none"];
    const words =
      name === "" ? msg`there is no field ${shown} here; there are: ${all}` : msg`there is no field ${shown} in ${name}; there are: ${all}`;
    return { field, words };
  }
  for (const { instancePath, params } of misfits) {
    const [missing] = namesIn(params, "requiredProperties");
    if (missing === undefined) continue;
    const { field, name, at } = placeOf(schema, `${instancePath}/${missing}`);
    return { field, words: msg`${name} is missing: it must be ${takes(at)}` };
  }
  const first = misfits.find(({ keyword }) => keyword !== "anyOf") ?? misfits[0];
  const { field, name, at } = placeOf(schema, first?.instancePath ?? "");
  const [what, right] = [name === "" ? whole : name, takes(at)];
  if (value === undefined) return { field, words: msg`${what} must be ${right}` };
  return { field, words: msg`${what} must be ${right}, not ${shownOf(valueAt(value, first?.instancePath ?? ""))}` };
}

/** Returns what is at a place of a value. @param pointer JSON pointer */
function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .reduce((at, part) => (typeof at === "object" && at !== null ? Reflect.get(at, part) : undefined), value);
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
function takes(schema: FieldSchema): Msg {
  const { description = "" } = schema;
  const form = formOf(schema);
  const words = english(form);
  const plain = (text: string) => text.replaceAll(" or ", ", ");
  if (plain(words).includes(plain(description))) return form;
  if (description.startsWith(words)) return msgOf(description);
  // "a whole number of seconds from 0 to 60"
  const [number = "", range = ""] = words.split(/(?= from )/);
  if (range !== "" && description.startsWith(number) && description.includes(range)) return msgOf(description);
  return msg`${form} (${msgOf(description)})`;
}

function formOf(schema: FieldSchema): Msg {
  const { anyOf, type, pattern, properties = {} } = schema;
  if (anyOf !== undefined) {
    const forms = new Map(alternatives(schema).map((one) => [english(formOf(one)), formOf(one)]));
    return either([...forms.values()]) ?? OTHERWISE;
  }
  if (schema.enum !== undefined) return either(schema.enum.map(String)) ?? OTHERWISE;
  if (schema.const !== undefined) return msgOf(String(schema.const));
  if (pattern !== undefined) return msgOf(schema.description ?? OTHERWISE);
  switch (type) {
    case "integer":
      return msg`a whole number${rangeOf(schema.minimum, schema.maximum)}`;
    case "number":
      return msg`a number${rangeOf(schema.minimum, schema.maximum)}`;
    case "boolean":
      return msg`true or false`;
    case "array":
      return msg`a list${countOf(schema.minItems, schema.maxItems, msg`items`)}${schema.uniqueItems === true ? msg`, each once` : ""}`;
    case "object":
      return msg`an object${Object.keys(properties).length === 0 ? "" : ` {${Object.keys(properties).join(", ")}}`}`;
    case "string":
      return msg`text${countOf(schema.minLength, schema.maxLength, msg`characters`)}`;
    default:
      return msgOf(type ?? schema.description ?? OTHERWISE);
  }
}

const OTHERWISE = msg`otherwise`;

function rangeOf(least: number | undefined, bound: number | undefined): MsgPart {
  const most = bound === Number.MAX_SAFE_INTEGER ? undefined : bound;
  if (least === undefined) return most === undefined ? "" : msg` up to ${most}`;
  return most === undefined ? msg` from ${least} on` : msg` from ${least} to ${most}`;
}

function countOf(least: number | undefined, most: number | undefined, units: Msg): MsgPart {
  if (least === undefined) return most === undefined ? "" : msg` of up to ${most} ${units}`;
  return most === undefined ? msg` of ${least} or more ${units}` : msg` of ${least} to ${most} ${units}`;
}
