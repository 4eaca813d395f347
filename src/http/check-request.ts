import type { FastifySchemaCompiler, FastifyServerOptions } from "fastify";
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { Value } from "typebox/value";
import { DyliveError, type ErrorCode } from "../runtime/errors.js";
import { mistakeOf } from "../runtime/mistake.js";
import { type Msg, msg } from "../runtime/msg.js";

/**
 * Options by which an app checks requests by the schemas of its routes: strictly, since a field that is passed over in silence (`minDiamond=5`)
 * gives an answer to another question. Texts of the address become numbers where a number is asked for; a body is taken as it is.
 *
 * Given when the app is made, so that Fastify loads no validator and no writer of its own.
 */
export const REQUEST_CHECKS: NonNullable<FastifyServerOptions["schemaController"]> = {
  compilersFactory: {
    // Fastify's type for it is that of Ajv's.
    buildValidator: (() => validatorOf) as unknown as ValidatorFactory,
    // Schemas of answers describe them; no writer is made from each, which would be half of the time that the API takes to start.
    buildSerializer: () => () => (answer) => JSON.stringify(answer),
  },
};

type ValidatorFactory = NonNullable<
  NonNullable<NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]>["buildValidator"]
>;

const validatorOf: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  let compiled: Validator | undefined;
  return (given: unknown) => {
    // When it is first needed: most of the many are not for a long time, and a start should take none.
    compiled ??= Compile(schema);
    const filled = Value.Default(schema, given ?? {});
    const value = httpPart === "body" ? filled : convert(schema, filled);
    if (compiled.Check(value)) return { value };
    return { error: refusal(schema, msg`the ${httpPart ?? "request"}`, compiled.Errors(value)) };
  };
};

/**
 * Returns what was given, checked as an address's query is.
 * @param whole what it is called
 * @throws DyliveError bad_request that names the field
 */
export function checked(schema: TSchema, given: unknown, whole: Msg): unknown {
  const value = convert(schema, Value.Default(schema, given));
  if (Value.Check(schema, value)) return value;
  throw refusal(schema, whole, Value.Errors(schema, value));
}

/** Converts texts of an address to what is asked for. A fraction stays a text where a whole number is asked for: TypeBox would cut it to one. */
function convert(schema: TSchema, texts: unknown): unknown {
  const given = { ...(texts as Readonly<Record<string, unknown>>) }; // what it is given, it changes
  const value = Value.Convert(schema, texts) as Record<string, unknown>;
  for (const [name, text] of Object.entries(given))
    if (typeof text === "string" && typeof value[name] === "number" && value[name] !== Number(text)) value[name] = text;
  return value;
}

/** Errors of fields of the compatible interface that name something: their hints say how that is named. */
const CODE_OF: ReadonlyMap<string | null, ErrorCode> = new Map([
  ["room_id", "bad_room"],
  ["aweme_id", "bad_work"],
]);

function refusal(schema: TSchema, whole: Msg, misfits: Parameters<typeof mistakeOf>[1]): DyliveError {
  const { field, words } = mistakeOf(schema, misfits, whole);
  return new Misfitting(field, words);
}

/** Refusal of what does not fit its schema, with the field that does not. */
class Misfitting extends DyliveError {
  readonly details: Readonly<Record<string, string>>;

  constructor(field: string | null, words: Msg) {
    super(CODE_OF.get(field) ?? "bad_request", words);
    this.details = field === null ? {} : { field };
  }
}
