import type { NewEventOf, Segment, User } from "../../events/event.js";
import type {
  AudioChatMessage,
  ChatMessage,
  EmojiChatMessage,
  ExhibitionChatMessage,
  PrivilegeScreenChatMessage,
  ScreenChatMessage,
} from "../wire/gen/chat.js";
import type { Lazy } from "../wire/reader.js";
import { type Head, shownText, timed, userOf } from "./head.js";
import { clean, firstUser, LONG, openText, readSegments, readText } from "./text.js";
import { toUser } from "./user.js";

type ChatEvent = NewEventOf<"chat">;

// protocol.md 4.3: chat_by 9 is the passphrase of a lucky bag (福袋), typed by the page for the user.
const BY_LUCKY_BAG = 9;

/** The messages that become chats. */
export const CHAT_EVENTS = {
  ChatMessage: chatEvent,
  EmojiChatMessage: emojiChatEvent,
  ScreenChatMessage: screenChatEvent,
  PrivilegeScreenChatMessage: privilegeChatEvent,
  AudioChatMessage: audioChatEvent,
  ExhibitionChatMessage: exhibitionChatEvent,
};

/** Makes the event of an ordinary chat. Codes such as [比心] stay text; emoji images come from the rich text. */
function chatEvent(message: ChatMessage, head: Head): ChatEvent | null {
  const rich = message.rtfContentV2 ?? message.rtfContent;
  return chat(head, userOf(message.user, head, message.publicAreaCommon), message.content, "text", rich, message.chatBy === BY_LUCKY_BAG);
}

/** Makes the event of a flying chat, paid or privileged. */
function screenChatEvent(message: ScreenChatMessage, head: Head): ChatEvent | null {
  return chat(
    head,
    userOf(message.user, head, message.publicAreaCommon),
    message.content,
    "screen",
    message.rtfContentV2 ?? message.rtfContent,
    false,
  );
}

/** Makes the event of a flying chat that a privilege allows. */
function privilegeChatEvent(message: PrivilegeScreenChatMessage, head: Head): ChatEvent | null {
  return chat(
    head,
    userOf(message.user, head, message.publicAreaCommon),
    message.content,
    "privilege",
    message.rtfContentV2 ?? message.rtfContent,
    false,
  );
}

/** Makes the event of a voice message's words. */
function audioChatEvent(message: AudioChatMessage, head: Head): ChatEvent | null {
  return chat(head, userOf(message.user, head, message.publicAreaCommon), message.content, "audio", message.rtfContent, false);
}

/** Makes the event of an emoji sent by itself: the text is its fallback, such as [表情]. */
function emojiChatEvent(message: EmojiChatMessage, head: Head): ChatEvent | null {
  const fallback = clean(message.defaultContent, LONG);
  const segments = readSegments(openText(message.emojiContent, head.context.drift), fallback, (user) =>
    toUser(user, head.context.anchorId),
  );
  return build(
    head,
    userOf(message.user, head, message.publicAreaCommon),
    fallback === "" ? plain(segments) : fallback,
    "emoji",
    segments,
    false,
  );
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

function chat(head: Head, user: User, content: string, kind: ChatEvent["kind"], rich: Lazy | null, luckyBag: boolean): ChatEvent | null {
  const text = clean(content, LONG);
  const segments = readSegments(openText(rich, head.context.drift), "", (user) => toUser(user, head.context.anchorId));
  // A rich text of words alone says nothing that the content does not say better.
  if (text !== "" && segments.every(isWords)) return build(head, user, text, kind, [{ text }], luckyBag);
  return build(head, user, text === "" ? plain(segments) : text, kind, segments, luckyBag);
}

/** Returns null where nothing is said, neither in words nor in pictures: the message is kept as it came. */
function build(head: Head, user: User, text: string, kind: ChatEvent["kind"], segments: Segment[], luckyBag: boolean): ChatEvent | null {
  if (text === "" && !segments.some(isPicture)) return null;
  const { context } = head;
  const event: ChatEvent = {
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
  return timed(event, head);
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
