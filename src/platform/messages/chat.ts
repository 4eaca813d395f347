import type { NewEventOf, Segment, User } from "../../events/event.js";
import type {
  AudioChatMessage,
  ChatMessage,
  EmojiChatMessage,
  ExhibitionChatMessage,
  PrivilegeScreenChatMessage,
  ScreenChatMessage,
} from "../wire/gen/chat.js";
import { type Head, shownText, userOf } from "./head.js";
import { clean, firstUser, LONG, openText, readSegments, readText } from "./text.js";
import { toUser } from "./user.js";

type ChatEvent = NewEventOf<"chat">;

// protocol.md 4.3: chat_by 9 is the passphrase of a lucky bag (福袋), typed by the page for the user.
const BY_LUCKY_BAG = 9;

/** The messages that become chats. */
export const CHAT_EVENTS = {
  ChatMessage: (message: ChatMessage, head: Head) => chat(message, head, "text", message.chatBy === BY_LUCKY_BAG),
  EmojiChatMessage: emojiChatEvent,
  ScreenChatMessage: (message: ScreenChatMessage, head: Head) => chat(message, head, "screen"),
  PrivilegeScreenChatMessage: (message: PrivilegeScreenChatMessage, head: Head) => chat(message, head, "privilege"),
  AudioChatMessage: (message: AudioChatMessage, head: Head) => chat(message, head, "audio"),
  ExhibitionChatMessage: exhibitionChatEvent,
};

/** Makes the event of an emoji sent by itself: the text is its fallback, such as [表情]. */
function emojiChatEvent(message: EmojiChatMessage, head: Head): ChatEvent | null {
  const fallback = clean(message.defaultContent, LONG);
  const segments = readSegments(openText(message.emojiContent, head.context.drift), fallback, (user) =>
    toUser(user, head.context.anchorId),
  );
  const user = userOf(message.user, head, message.publicAreaCommon);
  return build(head, user, fallback === "" ? plain(segments) : fallback, "emoji", segments, false);
}

/**
 * Makes the event of a notice about the gift exhibition among the chat; null without words, as the captures have it. Its user is the one it
 * names.
 */
function exhibitionChatEvent(message: ExhibitionChatMessage, head: Head): ChatEvent | null {
  const own = openText(message.displayText, head.context.drift);
  const text = readText(own) || shownText(head);
  const named = firstUser(own);
  const user = named === null ? userOf(null, head) : toUser(named, head.context.anchorId);
  return build(head, user, text, "exhibition", text === "" ? [] : [{ text }], false);
}

/** A message with words of a person; `rtfContentV2` is newer and counts first. */
type WordedMessage = Pick<ChatMessage, "user" | "publicAreaCommon" | "content" | "rtfContent"> & Partial<Pick<ChatMessage, "rtfContentV2">>;

/** Makes the event of words. Codes such as [比心] stay text; emoji images come from the rich text. */
function chat(message: WordedMessage, head: Head, kind: ChatEvent["kind"], luckyBag = false): ChatEvent | null {
  const user = userOf(message.user, head, message.publicAreaCommon);
  const text = clean(message.content, LONG);
  const rich = openText(message.rtfContentV2 ?? message.rtfContent, head.context.drift);
  const segments = readSegments(rich, "", (mentioned) => toUser(mentioned, head.context.anchorId));
  // A rich text of words alone says nothing that the content does not say better.
  if (text !== "" && segments.every(isWords)) return build(head, user, text, kind, [{ text }], luckyBag);
  return build(head, user, text === "" ? plain(segments) : text, kind, segments, luckyBag);
}

/** Returns null where nothing is said, neither in words nor in pictures: the message is kept as it came. */
function build(head: Head, user: User, text: string, kind: ChatEvent["kind"], segments: Segment[], luckyBag: boolean): ChatEvent | null {
  if (text === "" && !segments.some(isPicture)) return null;
  const { context } = head;
  return {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "chat",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    user,
    text,
    kind,
    segments,
    luckyBag,
  };
}

function isPicture(segment: Segment): boolean {
  return "emoji" in segment && segment.url !== null;
}

function isWords(segment: Segment): boolean {
  return "text" in segment && segment.user === undefined;
}

function plain(segments: readonly Segment[]): string {
  let text = "";
  for (const segment of segments) text += "emoji" in segment ? segment.emoji : segment.text;
  return clean(text, LONG);
}
