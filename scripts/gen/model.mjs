// Reads proto/*.proto into a plain model: files → messages → fields with their annotations.
import { readdirSync } from "node:fs";
import protobuf from "protobufjs";

const PACKAGE = "dylive.wire";
const ANNOTATION = /^\[(number|first|lazy|needed|skip|name|if)(?::([\w=|]+))?\]\s*/;
const SCALARS = new Set(["string", "bytes", "bool", "int32", "uint32", "int64", "uint64"]);

/** Loads the schema as protobufjs sees it, with comments and the field names of the files. */
function loadRoot(directory) {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, name) => directory + name.replace(/^.*\//, "");
  const names = readdirSync(directory)
    .filter((name) => name.endsWith(".proto"))
    .sort();
  root.loadSync(names, { keepCase: true, alternateCommentMode: true });
  root.resolveAll();
  return root;
}

/** The model of every file, messages in the order of the file, nested ones before their parent. */
export function loadModel(directory) {
  const root = loadRoot(directory);
  const byFile = new Map();
  const visit = (namespace) => {
    for (const item of namespace.nestedArray) {
      if (!(item instanceof protobuf.Type)) continue;
      visit(item);
      const name = fileName(item.filename);
      byFile.set(name, [...(byFile.get(name) ?? []), readMessage(item)]);
    }
  };
  visit(root.lookup(PACKAGE));
  const all = [...byFile.values()].flat();
  refuseRecursion(all);
  const wanted = reachable(all);
  return [...byFile]
    .map(([name, messages]) => ({ name, messages: messages.filter((message) => wanted.has(message.name)) }))
    .filter((file) => file.messages.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Messages that only [skip] fields lead to need no decoder. */
function reachable(messages) {
  const byName = new Map(messages.map((message) => [message.name, message]));
  const referenced = new Set(messages.flatMap((message) => message.references));
  const wanted = new Set();
  const visit = (name) => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const field of byName.get(name).fields) if (field.message) visit(field.message);
  };
  for (const message of messages) if (!referenced.has(message.name)) visit(message.name);
  return wanted;
}

function readMessage(type) {
  const fields = type.fieldsArray.map((field) => readField(type, field)).sort((a, b) => a.number - b.number);
  const reserved = (type.reserved ?? []).flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  return {
    name: typeName(type),
    protoName: type.fullName.slice(PACKAGE.length + 2),
    comment: required(type, type.comment),
    fields: fields.filter((field) => !field.skip),
    references: fields.flatMap((field) => (field.message ? [field.message] : [])),
    skipped: [...fields.filter((field) => field.skip).map((field) => field.number), ...reserved].sort((a, b) => a - b),
  };
}

function readField(type, field) {
  const where = `${type.name}.${field.name}`;
  let comment = required(field, field.comment);
  const notes = new Map();
  for (let match = ANNOTATION.exec(comment); match; match = ANNOTATION.exec(comment)) {
    notes.set(match[1], match[2] ?? "");
    comment = comment.slice(match[0].length);
  }
  const message = field.resolvedType instanceof protobuf.Type ? field.resolvedType : null;
  const read = !notes.has("skip");
  if (field.map) throw new Error(`${where}: declare a map as a repeated entry message; the wire is the same`);
  if (read && !message && !SCALARS.has(field.type)) throw new Error(`${where}: no reader for ${field.type}`);
  if (notes.has("number") && !/^u?int64$/.test(field.type)) throw new Error(`${where}: [number] is for 64-bit integers`);
  if (notes.has("first") && !(field.repeated && field.type === "string")) throw new Error(`${where}: [first] is for repeated strings`);
  if (notes.has("name") && (field.repeated || field.type !== "string")) throw new Error(`${where}: [name] is for singular strings`);
  if (notes.has("if") && (field.repeated || field.type !== "string")) throw new Error(`${where}: [if:…] is for singular strings`);
  if (notes.has("needed") && !message) throw new Error(`${where}: [needed] is for messages`);
  if (notes.has("lazy") && (!message || field.repeated)) throw new Error(`${where}: [lazy] is for singular messages`);
  return {
    name: notes.get("first") || camelCase(field.name),
    number: field.id,
    comment,
    repeated: field.repeated,
    scalar: message ? null : field.type,
    message: message ? typeName(message) : null,
    messageFile: message ? fileName(message.filename) : null,
    skip: !read,
    asNumber: notes.has("number"),
    first: notes.has("first"),
    lazy: notes.has("lazy"),
    needed: notes.has("needed"),
    isName: notes.has("name"),
    condition: notes.has("if") ? readCondition(notes.get("if"), type, where) : null,
  };
}

/** `id=0|111111`: the other field's name and the values of it with which this one is read. */
function readCondition(text, type, where) {
  const [name, values] = text.split("=");
  const other = type.fields[name];
  if (!other || values === undefined || !/^(string|u?int64)$/.test(other.type)) throw new Error(`${where}: [if:${text}] names no text`);
  return { name: camelCase(name), values: values.split("|") };
}

/** User.FollowInfo → UserFollowInfo. */
function typeName(type) {
  return type.fullName.slice(PACKAGE.length + 2).replaceAll(".", "");
}

function fileName(path) {
  return path.replace(/^.*\//, "").replace(/\.proto$/, "");
}

function camelCase(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

function required(item, comment) {
  if (!comment) throw new Error(`${item.fullName} has no comment: what does it mean?`);
  return comment.replace(/\s+/g, " ").trim();
}

/** A decoder recurses as deep as the schema does, so a schema without cycles needs no depth counter at run time. */
function refuseRecursion(messages) {
  const byName = new Map(messages.map((message) => [message.name, message]));
  const done = new Set();
  const visit = (name, path) => {
    if (path.includes(name)) throw new Error(`recursive: ${[...path, name].join(" → ")}; make one of the fields [lazy]`);
    if (done.has(name)) return;
    for (const field of byName.get(name).fields) if (field.message && !field.lazy) visit(field.message, [...path, name]);
    done.add(name);
  };
  for (const message of messages) visit(message.name, []);
}
