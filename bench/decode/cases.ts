import type { Draft } from "../../src/events/combo.js";
import { type Context, normalise } from "../../src/platform/messages/normalise.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { decodeResponse } from "../../src/platform/wire/frame.js";
import type { Library } from "../libraries/library.js";
import { protobufEs } from "../libraries/protobuf-es.js";
import { protobufjs } from "../libraries/protobufjs.js";
import { tsProtoBigint, tsProtoString } from "../libraries/ts-proto.js";
import { makeNormaliser, type Origin } from "../normaliser.js";

/** From the bytes of a Response to drafts of events; a gift's is the form that the ledger fills in. */
export type Decode = (bytes: Uint8Array, origin: Origin) => Draft[];

export const CASES = ["dylive", "protobufjs", "ts-proto string", "ts-proto bigint", "protobuf-es"] as const;
export type Case = (typeof CASES)[number];

/** One side of the comparison. Loaded in a process of its own, so that the engine optimises for it alone. */
export async function load(name: Case): Promise<Decode> {
  switch (name) {
    case "dylive":
      return dylive();
    case "protobufjs":
      return byLibrary(await protobufjs());
    case "ts-proto string":
      return byLibrary(await tsProtoString());
    case "ts-proto bigint":
      return byLibrary(await tsProtoBigint());
    case "protobuf-es":
      return byLibrary(await protobufEs());
  }
}

function byLibrary<L>(library: Library<L>): Decode {
  const normaliser = makeNormaliser(library);
  return (bytes, origin) => normaliser(library.response(bytes), origin);
}

/** As `readFrame` and the pipeline call them. */
function dylive(): Decode {
  const drift = new Drift();
  return (bytes, { room, webRid, sessionId, anchorId, receivedAt, source }) => {
    const drafts: Draft[] = [];
    const { messages } = decodeResponse(bytes, drift);
    const context: Context = { room, webRid, sessionId, anchorId, receivedAt, source, drift };
    for (const message of messages) {
      const draft = normalise(message, context);
      if (draft !== null) drafts.push(draft);
    }
    return drafts;
  };
}

/** Where the corpus is said to come from. */
export function originOf(roomId: string): Origin {
  return { room: 1, webRid: "900000001", sessionId: roomId, anchorId: "1", receivedAt: 1_777_726_790_000, source: "websocket" };
}
