import type { RoomScenario } from "../../simulator/index.js";

/** A room that sends so many messages a second. */
export function loadRoom(webRid: string, load: number): RoomScenario {
  return {
    ...{ webRid, load, kind: "pk", state: "live", title: "load", anchor: "a", clubName: "c", viewers: 1000 },
    everySeconds: { chat: 1, join: 1, like: 1, follow: 5, gift: 1 },
  };
}
