import type { NewEventOf } from "../../events/event.js";
import type { ControlMessage } from "../wire/gen/control.js";
import { LONG, textOrNull } from "./clean.js";
import { type Head, timed } from "./head.js";
import { openText, readText } from "./text.js";

type Action = NewEventOf<"control">["action"];

// protocol.md 4.3; 3, 4 and 6 announce the end of the broadcast, which is then confirmed (design, section 5).
const ACTIONS: readonly Action[] = ["other", "pause", "resume", "end", "end_by_admin", "change_node", "end_by_switch", "ping_timeout"];

/** Makes the event of a change of the broadcast's state, as announced. */
export function controlEvent(message: ControlMessage, head: Head): NewEventOf<"control"> {
  const { context } = head;
  const event: NewEventOf<"control"> = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "control",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    action: ACTIONS[message.action] ?? "other",
    code: message.action,
    tips: textOrNull(message.tips, LONG) ?? reason(message, head),
  };
  return timed(event, head);
}

function reason({ extra }: ControlMessage, { context: { drift } }: Head): string | null {
  if (extra === null) return null;
  const text = readText(openText(extra.violationReason ?? extra.content ?? extra.title, drift));
  return text === "" ? null : text;
}
