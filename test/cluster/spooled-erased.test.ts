// Guards: an erased person stays erased when spooled frames are stored.
import { expect, it } from "vitest";
import { eraseUser } from "../../src/erasure/erase.js";
import { peopleIn } from "../../src/erasure/identity.js";
import type { LiveEvent } from "../../src/events/event.js";
import { check } from "../../src/store/check.js";
import { eventsOf, FRAMES, feed, goOnUntil, ids, type SpooledRoom, spooledRoom, truthOf } from "../ingest/spooled-room.js";
import { useDirectory } from "../store/directory.js";

const file = useDirectory();
const SOME = FRAMES.slice(0, 120);
const BEFORE = 40;
const drained = (r: SpooledRoom) => goOnUntil(r.clock, () => r.spool.bytes === 0 && r.health.reason.includes("again"));

/** Who did most both before and after a frame. */
async function regular(): Promise<string> {
  const count = (events: readonly LiveEvent[]) => {
    const seen = new Map<string, number>();
    for (const { id, isAnchor } of events.flatMap(peopleIn)) if (id !== null && !isAnchor) seen.set(id, (seen.get(id) ?? 0) + 1);
    return seen;
  };
  const [before, after] = [count(await truthOf(SOME.slice(0, BEFORE))), count(await truthOf(SOME.slice(BEFORE)))];
  const [most] = [...after].filter(([id]) => before.has(id)).sort(([, a], [, b]) => b - a);
  if (most === undefined) throw new Error("nobody");
  return most[0];
}

const namedIn = (events: readonly LiveEvent[], id: string) =>
  events.filter((event) => JSON.stringify(event).includes(id)).map((event) => event.id);

it("who is erased by another process stays erased when the frames that waited here are stored", { tags: ["full"] }, async () => {
  const uid = await regular();
  const r = await spooledRoom(file("here"));
  await feed(r, SOME.slice(0, BEFORE));
  r.away.go("refuses"); // to this process alone
  await feed(r, SOME.slice(BEFORE));
  expect(namedIn(await eventsOf(r), uid).length).toBeGreaterThan(0);
  await eraseUser(r.store, { user: uid, keep: false, clock: r.clock });
  r.away.back();
  await drained(r);
  const events = await eventsOf(r);
  expect(namedIn(events, uid)).toEqual([]);
  expect(r.health.status(r.room).evidence.drops["erased"]).toBeGreaterThan(0);
  expect(await check(r.store.log)).toEqual([]);
  // Of others no chat is missing.
  const chats = (await truthOf(SOME)).filter((event) => event.type === "chat" && event.user.id !== uid);
  expect(ids(events)).toEqual(expect.arrayContaining(chats.map(({ id }) => id)));
});
