import type { User } from "../events/event.js";
import type { RoomKey } from "../store/log.js";
import type { Store } from "../store/store.js";
import { changeOf, type Wish } from "./change.js";
import { type Identity, isPerson, peopleIn } from "./identity.js";

/** Events of one step: some 10 ms of reading, and at most as many to replace. */
const STEP_EVENTS = 1000;

/** How far a step came in a room, and the room's head. */
export interface Step {
  readonly scanned: number;
  readonly head: number;
}

/** What was done with the events of a step. */
export interface Erased extends Step {
  /** Their own events, now tombstones. */
  readonly erased: number;
  /** Unknown messages, ranks and notices that named them, now tombstones. */
  readonly dropped: number;
  /** Events that named them, with another in their place. */
  readonly changed: number;
  /** Chats of others that name them, kept. */
  readonly kept: number;
}

/** Looks for people in the next events of a room: those of an identity, or those known by a text. */
export async function lookStep(
  { log }: Pick<Store, "log">,
  room: RoomKey,
  after: number,
  who: string | Identity,
): Promise<Step & { readonly users: readonly User[] }> {
  const { events, scanned, head } = await log.read(room, after, STEP_EVENTS);
  const users = new Map<string, User>();
  for (const event of events)
    for (const user of peopleIn(event)) {
      const known = [user.id, user.secUid, user.displayId, user.webcastUid, user.nickname];
      const meant = typeof who === "string" ? known.includes(who) : isPerson(user, who);
      if (meant) users.set(JSON.stringify(known), user);
    }
  return { scanned, head, users: [...users.values()] };
}

/** Takes a person out of the next events of a room. Seqs and ids stay; what is made from the events is told in the same transaction. */
export async function eraseStep({ log }: Pick<Store, "log">, room: RoomKey, after: number, wish: Wish): Promise<Erased> {
  const { events, scanned, head } = await log.read(room, after, STEP_EVENTS);
  const changes = events.map((event) => changeOf(event, wish));
  const next = changes.flatMap((change) => ("event" in change ? [change.event] : []));
  if (next.length > 0) await log.replace(room, next);
  const count = (what: string) => changes.filter((change) => change.what === what).length;
  return { scanned, head, erased: count("erased"), dropped: count("dropped"), changed: count("changed"), kept: count("kept") };
}
