import type { NewEventOf } from "../events/event.js";
import { SYSTEM_ROOM } from "./log.js";
import type { Store } from "./store.js";

/** News that the operator is to know, whichever room they look at. */
export interface SystemNews {
  /** `account.lapsed`, `hook.paused`, `disk.low`, … */
  readonly kind: string;
  /** Subject of the news; with the kind it tells whether it was told before. */
  readonly about: string;
  /** One sentence in plain words, with what to do. */
  readonly text: string;
}

/** Tells news in the system's room, once for each kind and about. @param at ms UTC */
export async function tellSystem({ log }: Pick<Store, "log">, { kind, about, text }: SystemNews, at: number): Promise<void> {
  const event: NewEventOf<"system"> = {
    id: `system:${kind}:${about}`,
    room: SYSTEM_ROOM,
    webRid: null,
    sessionId: null,
    method: "dylive",
    type: "system",
    time: at,
    receivedAt: at,
    source: "system",
    revision: 0,
    kind,
    text,
  };
  // Nobody claims this room: every process may tell something in it.
  await log.append([{ room: SYSTEM_ROOM, epoch: 0, events: [event] }]);
}
