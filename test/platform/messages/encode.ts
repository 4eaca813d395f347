import type protobuf from "protobufjs";
import type { Context, Envelope } from "../../../src/platform/messages/head.js";
import { Drift } from "../../../src/platform/wire/drift.js";
import { loadProto } from "../wire/proto.js";

const root = loadProto({ keepCase: false });

/** The schema of a message of proto/. */
export function schema(name: string): protobuf.Type {
  return root.lookupType(`dylive.wire.${name}`);
}

/** Bytes of a message of proto/, written by another implementation than ours. Names in camelCase, 64-bit ids as text. */
export function encode(name: string, message: object): Uint8Array {
  const type = schema(name);
  return type.encode(type.fromObject(message)).finish();
}

/** An envelope of `Webcast` + name. */
export function envelope(name: string, message: object, msgId = "7624523651580285990", method = `Webcast${name}`): Envelope {
  return { method, msgId, payload: encode(name, message) };
}

/** A context; the anchor is 1185726406598938. */
export function context(changes: Partial<Context> = {}): Context {
  return {
    room: 1,
    webRid: "745964462470",
    sessionId: "7624505674873244442",
    anchorId: "1185726406598938",
    receivedAt: 1_775_222_770_500,
    source: "websocket",
    drift: new Drift(),
    ...changes,
  };
}
