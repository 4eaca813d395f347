import { MESSAGES_PER_FRAME } from "../../simulator/frame.js";
import type { Simulator } from "../../simulator/index.js";
import type { LiveEvent } from "../../src/events/event.js";
import type { RoomKey } from "../../src/store/log.js";
import type { RoomStore } from "../../src/store/store.js";
import { readAll } from "../contracts/harness.js";
import { idOf } from "../fact-id.js";

/** What is wrong with a room's log, against what the simulator sent to whoever was connected. */
export interface Unlike {
  /** Chats that were sent, and are neither stored, nor in an interval that the log tells as missed, nor on their way when collecting ended; or the other way round. */
  readonly missing: readonly string[];
  readonly made: readonly string[];
  readonly twice: number;
  /** Units of gifts that are counted less those that were sent, and not excused as chats are. */
  readonly units: number;
}

/** Nothing is. */
export const ALIKE: Unlike = { missing: [], made: [], twice: 0, units: 0 };

/** Compares the newest broadcast of a room with what is stored of it. @returns also how many chats were sent */
export async function unlike(
  simulator: Simulator,
  store: RoomStore,
  room: RoomKey | null,
  webRid: string,
): Promise<[Unlike, sent: number]> {
  const { sent, roomId, connections } = simulator.truth(webRid);
  const events: readonly LiveEvent[] =
    room === null ? [] : (await readAll(store.log, room, 0, 20_000)).events.filter(({ sessionId }) => sessionId === roomId);
  const stored = events.filter(({ type }) => type === "chat").map(({ id }) => id);
  const said = sent.interactive.filter(({ kind }) => kind === "chat" || kind === "gift").map((fact) => ({ ...fact, id: idOf(fact) }));
  const chats = new Set(said.filter(({ kind }) => kind === "chat").map(({ id }) => id));
  const given = sent.combos.reduce((sum, { total }) => sum + total, 0);
  const counted = events.reduce((sum, event) => sum + (event.type === "gift" ? event.delta : 0), 0);
  const receivedAt = new Map(events.map((event) => [event.id, event.receivedAt]));
  const gaps = events.filter((event) => event.type === "gap");
  // What was on its way when a connection was given up is lost, and told: the gap lies between what was stored before it and after it.
  const told = (place: number) => {
    const before = said.slice(0, place).findLast(({ id }) => receivedAt.has(id))?.id;
    const after = said.slice(place + 1).find(({ id }) => receivedAt.has(id))?.id;
    const [from, to] = [receivedAt.get(before ?? "") ?? 0, receivedAt.get(after ?? "") ?? Number.POSITIVE_INFINITY];
    return gaps.some((gap) => (gap.from ?? 0) >= from && gap.to <= to);
  };
  // Of a room that is no longer collected, so is what was on its way when the last connection was given up: it was not acked.
  const last = connections.at(-1);
  const onItsWay = last?.closedBy === "client" ? (last.acks.expected - last.acks.good) * MESSAGES_PER_FRAME : 0;
  const end = said.findLastIndex(({ id }) => receivedAt.has(id));
  const lost = said.flatMap((fact, place) => (receivedAt.has(fact.id) ? [] : [{ ...fact, place }]));
  const excused = new Set(lost.filter(({ place }) => told(place) || (place > end && place >= said.length - onItsWay)));
  const excusedUnits = [...excused].reduce((sum, { gift }) => sum + (gift?.total ?? 0), 0);
  const units = counted - given;
  return [
    {
      missing: lost.filter((fact) => fact.kind === "chat" && !excused.has(fact)).map(({ id }) => id),
      made: stored.filter((id) => !chats.has(id)),
      twice: stored.length - new Set(stored).size,
      units: units < 0 && units >= -excusedUnits ? 0 : units,
    },
    chats.size,
  ];
}

/** Most connections to one broadcast that stood at the same time. */
export function mostAtOnce(simulator: Simulator, webRid: string): number {
  const { connections } = simulator.truth(webRid);
  const at = connections.map(
    (one) =>
      connections.filter((other) => other.openedAt <= one.openedAt && (other.closedAt ?? Number.POSITIVE_INFINITY) > one.openedAt).length,
  );
  return Math.max(0, ...at);
}
