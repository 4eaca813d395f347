import type { NewEventOf } from "../../events/event.js";
import type { ControlMessage } from "../wire/gen/control.js";
import type {
  CommonToastMessage,
  ImDeleteMessage,
  NoticeMessage,
  NotifyEffectMessage,
  NotifyMessage,
  RoomIntroMessage,
  RoomMessage,
  ToastMessage,
} from "../wire/gen/notice.js";
import type { User as WireUser } from "../wire/gen/user.js";
import { type Head, makeEvent, shownText } from "./head.js";
import { clean, firstUser, LONG, openText, readText, textOrNull } from "./text.js";
import { toUser } from "./user.js";

type NoticeEvent = NewEventOf<"notice">;

/** The messages in which the platform speaks, and those that steer the broadcast. */
export const NOTICE_EVENTS = {
  RoomMessage: roomMessageEvent,
  RoomIntroMessage: roomIntroEvent,
  NotifyMessage: notifyEvent,
  CommonToastMessage: commonToastEvent,
  ToastMessage: toastEvent,
  NotifyEffectMessage: notifyEffectEvent,
  NoticeMessage: noticeEvent,
  ImDeleteMessage: deleteEvent,
  ControlMessage: controlEvent,
};

/**
 * Makes the event of a system text, such as who became a top viewer. Its own words are often a blank, the real ones in the envelope's
 * display text.
 */
function roomMessageEvent(message: RoomMessage, head: Head): NoticeEvent | null {
  const shown = head.common === null ? null : openText(head.common.displayText, head.context.drift);
  return notice(head, clean(message.content, LONG).trim() || readText(shown), firstUser(shown));
}

/** Makes the event of the anchor's introduction of the room. */
function roomIntroEvent(message: RoomIntroMessage, head: Head): NoticeEvent | null {
  return notice(head, message.intro || message.label.join(" "), message.user);
}

/** Makes the event of a banner across rooms. */
function notifyEvent(message: NotifyMessage, head: Head): NoticeEvent | null {
  let lines = message.content;
  const contents = message.extra?.contentList?.contents ?? [];
  if (lines === "") for (const line of contents.slice(0, 100)) lines += line.content;
  return notice(head, lines, message.user);
}

/** Makes the event of a toast, whose words are the envelope's. */
function commonToastEvent(_: CommonToastMessage, head: Head): NoticeEvent | null {
  return notice(head, "", null);
}

/** Makes the event of a toast with its own words. */
function toastEvent(message: ToastMessage, head: Head): NoticeEvent | null {
  return notice(head, message.content, null);
}

/** Makes the event of an effect with words. */
function notifyEffectEvent(message: NotifyEffectMessage, head: Head): NoticeEvent | null {
  const text = openText(message.text, head.context.drift);
  return notice(head, readText(text), firstUser(text));
}

/** Makes the event of a notice to the anchor or to viewers. */
function noticeEvent(message: NoticeMessage, head: Head): NoticeEvent | null {
  const text = message.displayText ?? message.noticeContent ?? message.violationReason ?? message.noticeTitle ?? message.title;
  return notice(head, message.content || readText(openText(text, head.context.drift)), null);
}

/**
 * Makes the event of messages that are to be taken off the screen, by their ids. They stay in the log: erasing is the operator's decision.
 */
function deleteEvent(message: ImDeleteMessage, head: Head): NoticeEvent | null {
  const ids = message.deleteMsgIds.slice(0, 1000);
  return ids.length === 0 ? null : build(head, null, null, ids);
}

/** Returns null for a notice without words (a red dot, a bare effect): there is nothing to read, so it is kept as it came. */
function notice(head: Head, own: string, user: WireUser | null): NoticeEvent | null {
  const text = clean(own, LONG).trim() || shownText(head) || clean(head.common?.describe ?? "", LONG).trim();
  return text === "" ? null : build(head, user, text, null);
}

function build(head: Head, user: WireUser | null, text: string | null, deletes: string[] | null): NoticeEvent {
  const { context } = head;
  const event = makeEvent("notice", head, {
    text,
  });
  if (user !== null) event.user = toUser(user, context.anchorId);
  if (deletes !== null) event.deletes = deletes;
  return event;
}

type Action = NewEventOf<"control">["action"];

// protocol.md 4.3; 3, 4 and 6 announce the end of the broadcast, which is then confirmed (design, section 5).
const ACTIONS: readonly Action[] = ["other", "pause", "resume", "end", "end_by_admin", "change_node", "end_by_switch", "ping_timeout"];

/** Makes the event of a change of the broadcast's state, as announced. */
function controlEvent(message: ControlMessage, head: Head): NewEventOf<"control"> {
  return makeEvent("control", head, {
    action: ACTIONS[message.action] ?? "other",
    code: message.action,
    tips: textOrNull(message.tips, LONG) ?? reason(message, head),
  });
}

function reason({ extra }: ControlMessage, { context: { drift } }: Head): string | null {
  if (extra === null) return null;
  const text = readText(openText(extra.violationReason ?? extra.content ?? extra.title, drift));
  return text === "" ? null : text;
}
