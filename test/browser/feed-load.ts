import type { NewEvent } from "../../src/events/event.js";
import { chat, follow, gift, join, like, person } from "../http/events.js";
import type { Dashboard } from "./dashboard.js";

let made = 0;

/** Events as a busy room has them: of ten, four chats, two joins, two likes, one gift of a combo, and now and then a follow. */
export function busyEvents(count: number): NewEvent[] {
  return Array.from({ length: count }, () => {
    const n = made++;
    const user = person({
      id: `${n % 5_000}`,
      nickname: `观众${n % 5_000}`,
      avatar: `https://p3.douyinpic.com/aweme/${n % 200}.jpeg`,
      payLevel: (n % 60) + 1,
      fansClub: n % 3 === 0 ? { name: "梨子糖", level: (n % 20) + 1 } : null,
    });
    const turn = n % 10;
    if (turn < 4) return chat(`第 ${n} 条，${"主播今天状态真好".slice(0, n % 9)}`, { user });
    if (turn < 6) return join({ user });
    if (turn < 8) return like(3, { user });
    if (turn === 8) return gift(2, { user, comboId: `combo ${Math.floor(n / 40)}` });
    return n % 30 === 9 ? follow({ user }) : chat("666", { user });
  });
}

/** A room of the store that nobody collects, with events as they are wanted. */
export async function ownRoom(
  dashboard: Dashboard,
  name: string,
): Promise<{ id: number; append: (events: readonly NewEvent[]) => Promise<void> }> {
  const { rooms, log } = dashboard.app.store;
  const room = await rooms.ensure([{ kind: "web_rid", value: name }], { webRid: name, title: name });
  const epoch = await rooms.claim(room);
  const append = async (events: readonly NewEvent[]) => {
    const now = Date.now();
    await log.append([{ room, epoch, events: events.map((event) => ({ ...event, room, time: now, receivedAt: now })) }]);
  };
  return { id: room, append };
}
