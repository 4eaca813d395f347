import type { FastifyInstance, FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { Value } from "typebox/value";
import { DyliveError } from "../runtime/errors.js";

/**
 * Checks the requests of an app by the schemas of its routes: strictly, since a field that is passed over in silence (`minDiamond=5`) gives
 * an answer to another question. Texts of the address become numbers where a number is asked for; a body is taken as it is. A part of the
 * app that adds schemas of its own must be told again.
 */
export function checkRequests(app: FastifyInstance): void {
  app.setValidatorCompiler(validatorOf);
  // Schemas of answers describe them; no writer is made from each, which would be half of the time that the API takes to start.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
}

const validatorOf: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  let compiled: Validator | undefined;
  return (given: unknown) => {
    // When it is first needed: most of the many are not for a long time, and a start should take none.
    compiled ??= Compile(schema);
    const filled = Value.Default(schema, given ?? {});
    const value = httpPart === "body" ? filled : convert(schema, filled);
    if (compiled.Check(value)) return { value };
    return { error: refusal(schema, httpPart ?? "request", compiled.Errors(value)) };
  };
};

/** Converts texts of an address to what is asked for. A fraction stays a text where a whole number is asked for: TypeBox would cut it to one. */
function convert(schema: TSchema, texts: unknown): unknown {
  const given = { ...(texts as Readonly<Record<string, unknown>>) }; // what it is given, it changes
  const value = Value.Convert(schema, texts) as Record<string, unknown>;
  for (const [name, text] of Object.entries(given))
    if (typeof text === "string" && typeof value[name] === "number" && value[name] !== Number(text)) value[name] = text;
  return value;
}

interface Mistake {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** Names the first field that does not fit, and what it takes. */
function refusal(schema: TSchema, part: string, mistakes: readonly Mistake[]): DyliveError {
  const first = mistakes.find(({ keyword }) => keyword !== "anyOf") ?? mistakes[0];
  const names = (param: "requiredProperties" | "additionalProperties") =>
    mistakes.flatMap(({ params }) => (params as Readonly<Record<string, readonly string[]>>)[param] ?? []);
  const properties = ("properties" in schema ? schema.properties : {}) as Readonly<Record<string, { readonly description?: string }>>;
  const about = (field: string) => (Object.hasOwn(properties, field) ? (properties[field]?.description ?? "") : "");
  const [extra] = names("additionalProperties");
  if (extra !== undefined) {
    const known = Object.keys(properties).join(", ") || "none";
    return new DyliveError("bad_request", `there is no field ${JSON.stringify(extra.slice(0, 40))} here; there are: ${known}`);
  }
  const [missing] = names("requiredProperties");
  if (missing !== undefined) return new DyliveError("bad_request", `${missing} is missing: ${about(missing)}`);
  const field = first?.instancePath.split("/")[1];
  if (field === undefined || field === "") return new DyliveError("bad_request", `the ${part} ${first?.message ?? "is not valid"}`);
  return new DyliveError("bad_request", `${field} ${first?.message ?? "is not valid"}${about(field) ? ` (${about(field)})` : ""}`);
}
