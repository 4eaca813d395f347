import type { LiveEvent } from "../events/event.js";
import { seedAvatar, seedId, seedMethod, seedMsg, seedUid, seedUser } from "./seed-event.js";

/** How long a client of the later form is asked to wait before its next call. */
const FETCH_INTERVAL_MS = 1000;

/** The later form of the interface (`format=2`): a clean `sec_uid`, and the cursor in the body. */
export function laterText(events: readonly LiveEvent[], cursor: string, now: number): string {
  const data = { messages: events.map(laterMessage), cursor, fetch_interval: FETCH_INTERVAL_MS, now };
  return JSON.stringify({ code: 200, msg: "成功", data });
}

function laterMessage(event: LiveEvent) {
  const user = seedUser(event);
  return {
    method: seedMethod(event),
    msg_id: seedId(event.id),
    payload: {
      room_id: seedId(event.sessionId),
      content: seedMsg(event),
      user: {
        uid: seedUid(user),
        nickname: user?.nickname ?? "",
        avatar: seedAvatar(user),
        unique_id: user?.displayId ?? "",
        sec_uid: user?.secUid ?? "",
      },
    },
  };
}
