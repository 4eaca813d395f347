import { type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";
import { expect } from "vitest";
import { KINDS } from "../../../src/events/event.js";
import { AuthorSchema } from "../../../src/works/model/author.js";
import { AuthorWatchSchema } from "../../../src/works/model/author-watch.js";
import { CommentSchema } from "../../../src/works/model/comment.js";
import { WorkSchema } from "../../../src/works/model/work.js";
import { WorkListRunSchema } from "../../../src/works/model/work-list.js";

const SCHEMAS = {
  Work: WorkSchema,
  Comment: CommentSchema,
  Author: AuthorSchema,
  WorkListRun: WorkListRunSchema,
  AuthorWatch: AuthorWatchSchema,
  WorkEvent: Type.Object({ ...KINDS.work.properties, seq: Type.Integer() }),
};
const VALIDATORS = {
  Work: Compile(WorkSchema),
  Comment: Compile(CommentSchema),
  Author: Compile(AuthorSchema),
  WorkListRun: Compile(WorkListRunSchema),
  AuthorWatch: Compile(AuthorWatchSchema),
  WorkEvent: Compile(SCHEMAS.WorkEvent),
};

/** Fails unless a value is of its schema, has nothing besides in it at any depth, and only texts that any store takes. */
export function expectModel(name: keyof typeof VALIDATORS, value: unknown): void {
  const validator = VALIDATORS[name];
  if (!validator.Check(value))
    expect.fail(`${name}: ${JSON.stringify(validator.Errors(value))} in ${JSON.stringify(value).slice(0, 2_000)}`);
  expect([...strangers(SCHEMAS[name], value, name)]).toEqual([]);
  expect([...texts(value)].filter((text) => !text.isWellFormed() || text.includes("\0"))).toEqual([]);
  expect(JSON.parse(JSON.stringify(value))).toEqual(value);
}

/** Yields the keys that a schema does not name. */
function* strangers(schema: TSchema, value: unknown, path: string): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  const { anyOf, items, properties } = schema as { anyOf?: TSchema[]; items?: TSchema; properties?: Record<string, TSchema> };
  if (anyOf !== undefined) for (const one of anyOf) yield* strangers(one, value, path);
  else if (items !== undefined && Array.isArray(value)) for (const item of value) yield* strangers(items, item, `${path}[]`);
  else if (properties !== undefined)
    for (const [key, item] of Object.entries(value)) {
      const own = properties[key];
      if (own === undefined) yield `${path}.${key}`;
      else yield* strangers(own, item, `${path}.${key}`);
    }
}

function* texts(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) yield* texts(item);
}
