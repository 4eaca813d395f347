import { platformId } from "../src/events/describe.js";
import { type Envelope, normalise } from "../src/platform/messages/normalise.js";
import { Drift } from "../src/platform/wire/drift.js";

/** The id that the event of a message has, by docs/events.md: written once more, apart from the program's. */
export function idOf({ method, msgId }: { readonly method: string; readonly msgId: string }): string {
  return method === "WebcastChatMessage" ? msgId : `${msgId}:${method}`;
}

/** The platform's id of a message that was received. */
export function msgIdOf(message: Envelope): string {
  const about = { room: 0, webRid: null, sessionId: null, anchorId: null, receivedAt: 0, source: "websocket", drift: new Drift() } as const;
  const draft = normalise(message, about);
  return (draft && platformId(draft.event)) ?? message.msgId;
}
