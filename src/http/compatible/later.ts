import type { LiveEvent, User } from "../../events/event.js";
import { platformId } from "../../events/platform-id.js";
import { avatarOf, digitsOf, messageOf, methodOf, personOf, uidOf } from "./event.js";

/** Time that a client of the later form is asked to wait before its next call, in ms. */
const FETCH_INTERVAL_MS = 1000;

/** Writes the later form of the interface (`format=2`): a clean `sec_uid`, and the cursor in the body. */
export function laterText(events: readonly LiveEvent[], cursor: string, now: number): string {
  const data = { messages: events.map(laterMessage), cursor, fetch_interval: FETCH_INTERVAL_MS, now };
  return JSON.stringify({ code: 200, msg: "成功", data });
}

function laterMessage(event: LiveEvent) {
  return {
    method: methodOf(event),
    msg_id: digitsOf(platformId(event)),
    payload: {
      room_id: digitsOf(event.sessionId),
      content: messageOf(event),
      user: laterUser(personOf(event)),
    },
  };
}

/** Returns a person in the later form: ids are "0" when unknown and "111111" when masked, texts "" when unknown. */
export function laterUser(user: User | undefined) {
  return {
    uid: uidOf(user),
    nickname: user?.nickname ?? "",
    avatar: avatarOf(user),
    unique_id: user?.displayId ?? "",
    sec_uid: user?.secUid ?? "",
  };
}
