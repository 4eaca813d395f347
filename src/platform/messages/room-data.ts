import type { NewEventOf } from "../../events/event.js";
import type { RoomDataSyncMessage } from "../wire/gen/low.js";
import {
  decodeHighlightContainerSyncData,
  decodeLotteryInfoSyncData,
  decodeRoomLinkMicSyncData,
  type HighlightContainerSyncData,
} from "../wire/gen/sync.js";
import { decodeBytes } from "../wire/methods.js";
import { type Head, makeEvent, toMillis } from "./head.js";
import { linkedStateEvent } from "./linkmic.js";
import { lotteryStateEvent } from "./lottery.js";
import { clean, idOrNull, LONG, SHORT, textOrNull } from "./text.js";
import { strangerUser } from "./user.js";

type PinEvent = NewEventOf<"pin">;

const NOTHING = new Uint8Array(0);
const MAX_PINS = 20;
// saermart PR 165: data_type 4 is a comment; others are answers, films, programs and appointments.
const COMMENT = 4;

/** The message of the room's data. */
export const ROOM_DATA_EVENTS = { RoomDataSyncMessage: roomDataEvent };

/**
 * Makes the event of a key of the room's data (facts/changes-2026.md 3). Its id is key, broadcast and version: one version is one state, however
 * often it is sent; some keys count their versions from 1 in each broadcast. Null for keys that we do not read, and where the data is damaged: the message is kept as it came.
 */
function roomDataEvent(message: RoomDataSyncMessage, head: Head): NewEventOf<"pin" | "lottery" | "linkmic"> | null {
  const { syncKey, version } = message;
  // Without a payload all its fields have their default: nothing is pinned, no one is linked.
  const payload = message.payload ?? NOTHING;
  const broadcast = message.roomId !== "0" ? message.roomId : (head.context.sessionId ?? "");
  const own = { ...head, id: `${syncKey}:${broadcast}:${version}:${head.method}` };
  const { drift } = head.context;
  switch (syncKey) {
    case "HighlightContainerSyncData": {
      const data = decodeBytes(payload, decodeHighlightContainerSyncData, drift);
      return data === null ? null : pinEvent(data, version, own);
    }
    case "LotteryInfoSyncData": {
      const data = decodeBytes(payload, decodeLotteryInfoSyncData, drift);
      return data === null || data.lotteryId === "0" ? null : lotteryStateEvent(data, version, own);
    }
    case "RoomLinkMicSyncData": {
      const data = decodeBytes(payload, decodeRoomLinkMicSyncData, drift);
      return data === null ? null : linkedStateEvent(data, version, own);
    }
    default:
      return null;
  }
}

/** Makes the event of the comments that are pinned now. Null where something is pinned and none of it is a comment. */
function pinEvent({ highlightItems }: HighlightContainerSyncData, version: string, head: Head): PinEvent | null {
  const { context } = head;
  const pins: PinEvent["pins"] = [];
  for (const { dataType, commentData, endTime } of highlightItems.slice(0, MAX_PINS)) {
    if (dataType !== COMMENT || commentData === null) continue;
    const { msgId, commenterId, nickName, content } = commentData;
    const user = { ...strangerUser(commenterId, context.anchorId), nickname: textOrNull(nickName, SHORT) };
    pins.push({ messageId: idOrNull(msgId), user, text: clean(content, LONG), until: toMillis(endTime) || null });
  }
  if (pins.length === 0 && highlightItems.length > 0) return null;
  return makeEvent("pin", head, { pins, version });
}
