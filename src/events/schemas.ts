import { type TSchema, Type } from "typebox";
import { Errors } from "typebox/schema";
import { english } from "../runtime/msg.js";
import { EVENT_TYPES, type EventType, KINDS, type LiveEvent, type LiveEventOf } from "./event.js";
import { noSuch } from "./misspelt.js";

/** Mistake in a value, as Standard Schema (https://standardschema.dev) tells it. */
interface Issue {
  readonly message: string;
  /** Names and indexes that lead to its place. */
  readonly path: readonly (string | number)[];
}

/** JSON Schema of events that is a Standard Schema, too: libraries that take any vendor's schema take it as it is. */
export type EventSchema<E extends LiveEvent> = TSchema & {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: "dylive";
    /** Checks a value, which is returned as it is. Fields that the schema does not have are let through: a newer server may have them. */
    readonly validate: (value: unknown) => { readonly value: E; readonly issues?: undefined } | { readonly issues: readonly Issue[] };
    /** Gives the schema as plain JSON. @throws Error for another target than draft 7 or 2020-12 */
    readonly jsonSchema: Readonly<Record<"input" | "output", (options: { readonly target: string }) => Record<string, unknown>>>;
    /** Only for the type checker. */
    readonly types?: { readonly input: E; readonly output: E } | undefined;
  };
};

const SEQ = Type.Integer({ minimum: 1, description: "place in the room's log" });
const TARGETS = ["draft-2020-12", "draft-07"];

/** The schema of each type of event, as the API gives them. */
export const EVENT_SCHEMAS = Object.fromEntries(EVENT_TYPES.map((type) => [type, schemaOf(type)])) as unknown as {
  readonly [T in EventType]: EventSchema<LiveEventOf<T>>;
};

/** The schema of any event. */
export const LiveEventSchema: EventSchema<LiveEvent> = standard<LiveEvent>(
  { oneOf: EVENT_TYPES.map((type) => EVENT_SCHEMAS[type]), description: "an event of any type" } as TSchema,
  (value) => {
    const type: unknown = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
    if (typeof type !== "string") return [{ message: "must be an event, which has a type", path: [] }];
    // The error says what is wrong with its own type, and not that it is none of twenty others.
    if (!isType(type)) return [{ message: english(noSuch("type", type, EVENT_TYPES)), path: ["type"] }];
    return issuesOf(EVENT_SCHEMAS[type], value);
  },
);

function schemaOf(type: EventType): TSchema {
  const kind = KINDS[type];
  const schema = { ...kind, required: ["seq", ...kind.required], properties: { seq: SEQ, ...kind.properties } };
  return standard(schema as TSchema, (value) => issuesOf(schema, value));
}

function isType(type: string): type is EventType {
  return Object.hasOwn(KINDS, type);
}

/** Marks a schema as one of the standard; unseen by what walks through it or writes it down. */
function standard<E extends LiveEvent>(schema: TSchema, check: (value: unknown) => readonly Issue[]): EventSchema<E> {
  const json = ({ target }: { readonly target: string }) => {
    if (!TARGETS.includes(target))
      throw new Error(`there is no JSON Schema of dylive's events in ${target}; there are ${TARGETS.join(", ")}`);
    // Each person in an event has the same $id, which may stand in a document once.
    return JSON.parse(JSON.stringify(schema), (key, value: unknown) => (key === "$id" ? undefined : value)) as Record<string, unknown>;
  };
  const validate = (value: unknown) => {
    const issues = check(value);
    return issues.length === 0 ? { value: value as E } : { issues };
  };
  const value = { version: 1, vendor: "dylive", validate, jsonSchema: { input: json, output: json } };
  return Object.defineProperty(schema, "~standard", { value }) as EventSchema<E>;
}

function issuesOf(schema: object, value: unknown): readonly Issue[] {
  const [isRight, errors] = Errors(schema, value);
  return isRight ? [] : errors.map(({ instancePath, message }) => ({ message, path: pathOf(instancePath) }));
}

/** Reads a JSON pointer. */
function pathOf(pointer: string): readonly (string | number)[] {
  const names = pointer.split("/").slice(1);
  return names.map((name) => (/^\d+$/.test(name) ? Number(name) : name.replaceAll("~1", "/").replaceAll("~0", "~")));
}
