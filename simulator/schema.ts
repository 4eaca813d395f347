import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import protobuf from "protobufjs";
import { DyliveError } from "../src/runtime/errors.js";
import { packagePath } from "../src/runtime/packages.js";

/** A message as plain values, named as in the .proto files; 64-bit integers as decimal text. */
export interface SchemaFields {
  readonly [field: string]: unknown;
}

/** The messages of `proto/*.proto`, encoded by protobufjs: on purpose not by our own code, so that each checks the other. */
export class Schema {
  readonly #root: protobuf.Root;
  readonly #types = new Map<string, protobuf.Type>();

  constructor(root: protobuf.Root) {
    this.#root = root;
  }

  /** Returns the bytes of a message. Fields that the schema lacks are a mistake of the caller and throw. */
  encode(type: string, fields: SchemaFields): Uint8Array {
    try {
      return this.#type(type).encode(fields).finish();
    } catch (error) {
      throw new DyliveError("bad_request", `${type} cannot be encoded: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }

  /** Returns the plain values of a message; throws on damaged bytes. */
  decode(type: string, bytes: Uint8Array): SchemaFields {
    const found = this.#type(type);
    return found.toObject(found.decode(bytes), { longs: String });
  }

  /** Returns the name of the message type that a method carries, or null where the schema has none. */
  typeOf(method: string): string | null {
    const name = METHOD_TYPES[method] ?? method.replace(/^Webcast/, "");
    return this.#types.has(name) || this.#root.lookup(`${PACKAGE}.${name}`) instanceof protobuf.Type ? name : null;
  }

  /** Returns the paths of `fields` that `type` does not have: typing mistakes that protobufjs would drop in silence. */
  strangers(type: string, fields: SchemaFields, path = type): string[] {
    const found = this.#type(type);
    const out: string[] = [];
    for (const [name, value] of Object.entries(fields)) {
      const field = found.fields[name];
      if (field === undefined) {
        out.push(`${path}.${name}`);
        continue;
      }
      const inner = field.resolve().resolvedType;
      if (!(inner instanceof protobuf.Type)) continue;
      const values: unknown[] = Array.isArray(value) ? value : [value];
      for (const each of values) {
        if (isFields(each)) out.push(...this.strangers(inner.fullName.slice(PACKAGE.length + 2), each, `${path}.${name}`));
      }
    }
    return out;
  }

  #type(name: string): protobuf.Type {
    let type = this.#types.get(name);
    if (type === undefined) {
      type = this.#root.lookupType(`${PACKAGE}.${name}`);
      this.#types.set(name, type);
    }
    return type;
  }
}

/** Returns whether a value is a message and not a list, text, number or bytes. */
export function isFields(value: unknown): value is SchemaFields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Schemas by their directory. */
const loaded = new Map<string, Schema>();

/** Reads .proto files, by default the package's own; once in a process, since the code that encodes each message is made by it. */
export function loadSchema(directory: string = packagePath("proto/")): Schema {
  const known = loaded.get(directory);
  if (known !== undefined) return known;
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(directory, basename(target));
  const files = readdirSync(directory).filter((name) => name.endsWith(".proto"));
  if (files.length === 0) throw new DyliveError("bad_config", `no .proto files in ${directory}`);
  root.loadSync(files.sort(), { keepCase: true });
  const schema = new Schema(root);
  loaded.set(directory, schema);
  return schema;
}

const PACKAGE = "dylive.wire";

/** Methods whose type is not the method's name without `Webcast` (protocol.md 4.5). */
const METHOD_TYPES: Readonly<Record<string, string>> = {
  WebcastRoomNotifyMessage: "NotifyMessage",
  WebcastLinkMicBattleMethod: "LinkMicBattle",
  WebcastLinkMicBattleFinishMethod: "LinkMicBattleFinish",
  WebcastLinkMicArmiesMethod: "LinkMicArmies",
  WebcastCommonDotMessage: "CommonToastMessage",
};
