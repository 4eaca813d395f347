// The schema as an independent library sees it, random messages of it, and what our decoders must make of them.
import fc from "fast-check";
import protobuf from "protobufjs";
import * as gen from "../../../src/platform/wire/gen/index.js";
import { type Lazy, Reader, WireError } from "../../../src/platform/wire/reader.js";
import { loadProto } from "./proto.js";

export const schema = loadProto({ keepCase: true });

/** The code of the WireError that a call throws. */
export function errorCode(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error instanceof WireError ? error.code : error;
  }
  return "none";
}

type Decoder = (r: Reader, end: number) => unknown;
const decoders = new Map<string, Decoder>(
  Object.entries(gen).flatMap(([name, value]) => (typeof value === "function" ? [[name.replace(/^decode/, ""), value as Decoder]] : [])),
);

/** Name of our interface for a type of the schema. */
function ourName(type: protobuf.Type): string {
  return type.fullName.replace(/^\.dylive\.wire\./, "").replaceAll(".", "");
}

/** Every type of the schema that we have a decoder for. */
export const types: readonly protobuf.Type[] = collect(schema.lookup("dylive.wire") as protobuf.Namespace);

function collect(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  return namespace.nestedArray.flatMap((item) => {
    if (!(item instanceof protobuf.Type)) return [];
    return [...(decoders.has(ourName(item)) ? [item] : []), ...collect(item)];
  });
}

/** What our decoder makes of bytes. */
export function decodeOurs(type: protobuf.Type, bytes: Uint8Array): unknown {
  const decoder = decoders.get(ourName(type));
  if (decoder === undefined) throw new Error(`no decoder for ${type.fullName}`);
  return decoder(new Reader(bytes), bytes.length);
}

function decodeInner(type: protobuf.Type, { bytes, start, end }: Lazy): unknown {
  return decodeOurs(type, bytes.subarray(start, end));
}

/** What our decoder must make of a message that protobufjs decoded; lazy fields as the message in them. */
export function expected(type: protobuf.Type, theirs: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const notes = annotations(field);
    if (notes.has("skip")) continue;
    if (notes.has("if") && !isRead(type, notes.get("if") ?? "", theirs)) {
      out[camel(field.name)] = absent(field, notes);
      continue;
    }
    const given = Object.hasOwn(theirs, field.name) ? theirs[field.name] : undefined;
    const one = (value: unknown) => expectedValue(field, notes, value);
    if (notes.has("first")) out[notes.get("first") || field.name] = ((given ?? []) as string[]).find((text) => text !== "") ?? "";
    else if (field.repeated) out[camel(field.name)] = ((given ?? []) as unknown[]).map(one);
    else out[camel(field.name)] = given === undefined || given === null ? absent(field, notes) : one(given);
  }
  return out;
}

/** Whether a field with a condition such as `id=0|111111` is read: whether the other field has one of the values. */
function isRead(type: protobuf.Type, condition: string, theirs: Record<string, unknown>): boolean {
  const [name = "", values = ""] = condition.split("=");
  const other = type.fields[name];
  if (other === undefined) throw new Error(`${type.name} has no ${name}`);
  const value = Object.hasOwn(theirs, name) ? expectedValue(other, annotations(other), theirs[name]) : absent(other, annotations(other));
  return values.split("|").includes(String(value));
}

/** Our message with its lazy fields decoded, to be compared with `expected`. */
export function opened(type: protobuf.Type, ours: unknown): unknown {
  const out: Record<string, unknown> = { ...(ours as Record<string, unknown>) };
  for (const field of type.fieldsArray) {
    const notes = annotations(field);
    const inner = field.resolvedType;
    if (notes.has("skip") || !(inner instanceof protobuf.Type)) continue;
    const name = camel(field.name);
    const value = out[name];
    if (notes.has("lazy")) out[name] = value === null ? null : opened(inner, decodeInner(inner, value as Lazy));
    else if (field.repeated) out[name] = (value as unknown[]).map((item) => opened(inner, item));
    else out[name] = value === null ? null : opened(inner, value);
  }
  for (const [name, value] of Object.entries(out)) if (value instanceof Uint8Array) out[name] = hex(value);
  return out;
}

/** Random messages of a type, as protobufjs takes them. */
export function arbitrary(type: protobuf.Type, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const known = made.get(type);
  if (known !== undefined && depth === 0) return known;
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of type.fieldsArray) {
    if (field.resolvedType instanceof protobuf.Type && depth > 4) continue;
    const one = arbitraryValue(field, depth);
    fields[field.name] = field.repeated ? fc.array(one, { maxLength: 3 }) : one;
  }
  const result = fc.record(fields, { requiredKeys: [] });
  if (depth === 0) made.set(type, result);
  return result;
}
const made = new Map<protobuf.Type, fc.Arbitrary<Record<string, unknown>>>();

/** The bytes of a message, written by protobufjs. */
export function encode(type: protobuf.Type, message: Record<string, unknown>): Uint8Array {
  return type.encode(type.fromObject(message)).finish();
}

function arbitraryValue(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  if (field.resolvedType instanceof protobuf.Type) return arbitrary(field.resolvedType, depth + 1);
  switch (field.type) {
    case "string":
      return fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme", minLength: 10, maxLength: 300 }), fc.string());
    case "bytes":
      return fc.uint8Array({ maxLength: 40 });
    case "bool":
      return fc.boolean();
    case "int32":
      return fc.integer();
    case "uint32":
      return fc.nat({ max: 0xffffffff });
    case "int64":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
    case "uint64":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
    case "float":
      return fc.float({ noNaN: true });
    default:
      throw new Error(`no arbitrary for ${field.type}`);
  }
}

function expectedValue(field: protobuf.Field, notes: Map<string, string>, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type) return expected(field.resolvedType, value as Record<string, unknown>);
  if (field.type.endsWith("64")) return notes.has("number") ? Number(String(value)) : String(value);
  return value instanceof Uint8Array ? hex(value) : value;
}

function absent(field: protobuf.Field, notes: Map<string, string>): unknown {
  if (field.resolvedType instanceof protobuf.Type || field.type === "bytes") return null;
  if (field.type.endsWith("64")) return notes.has("number") ? 0 : "0";
  return { string: "", bool: false }[field.type] ?? 0;
}

function annotations(field: protobuf.Field): Map<string, string> {
  const text = /^(?:\[[\w:=|]+\]\s*)*/.exec(field.comment ?? "")?.[0] ?? "";
  return new Map([...text.matchAll(/\[(\w+)(?::([\w=|]+))?\]/g)].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function hex(bytes: Uint8Array): string {
  return `bytes:${Buffer.from(bytes).toString("hex")}`;
}
