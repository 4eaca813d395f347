import { expect, it } from "vitest";
import type { Taken } from "../../src/ingest/intake.js";
import { gapUntilPeople, type Waited } from "../../src/ingest/own-events.js";
import { readFrame } from "../../src/platform/access/read.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { encode } from "../platform/messages/encode.js";
import { useDirectory } from "../store/directory.js";
import { BROADCAST, eventsOf, goOnUntil, SIGNAL, spooledRoom } from "./spooled-room.js";

const file = useDirectory();
const AT = 1_777_726_800_000;
const message = (name: string, n: number, about: object) => {
  const msgId = `${7_624_523_651_580_285_000n + BigInt(n)}`;
  const method = `Webcast${name}`;
  return { method, msgId, payload: encode(name, { common: { method, msgId, createTime: `${AT}` }, ...about }) };
};
const chat = (n: number) => message("ChatMessage", n, { user: { id: "5" }, content: "hello" });
const stats = (n: number) => message("RoomStatsMessage", n, { displayShort: "1", total: "1" });
const many = (n: number) => Array.from({ length: n }, (_, i) => stats(10 + i));
const frame = (at: number, ...messages: readonly ReturnType<typeof chat>[]): Waited =>
  readFrame(encode("PushFrame", { payloadType: "msg", payload: encode("Response", { messages }) }), at, new Drift()).received;
const gap = (to: number) =>
  gapUntilPeople({ sessionId: BROADCAST.sessionId, webRid: "1", from: AT - 60_000, to, reason: "open but silent" });

type Room = Awaited<ReturnType<typeof spooledRoom>>;

/** Lets the clock go on until a batch is taken. */
async function take({ intake, clock }: Room, batch: readonly Waited[]): Promise<Taken> {
  let isTaken = false;
  const taking = intake.take(batch, BROADCAST, SIGNAL).finally(() => {
    isTaken = true;
  });
  await goOnUntil(clock, () => isTaken);
  return taking;
}

/** Takes what comes after a gap, which is over by then unless it was told, lets all be stored, and tells what is in the log beside numbers. */
async function endsWith(room: Room, { isGapTold }: Taken, at: number): Promise<readonly string[]> {
  await take(room, [...(isGapTold ? [] : [gap(at)]), frame(at, chat(2))]);
  room.away.back();
  await goOnUntil(room.clock, () => room.spool.bytes === 0);
  return (await eventsOf(room)).flatMap(({ type }) => (type === "stats" ? [] : [type]));
}

/** A store of which every append hangs, from the `n`th on, until it is let go. */
function hanging(n: number) {
  const store = openSqliteStore({ path: ":memory:" });
  const waiting: (() => void)[] = [];
  const { append } = store.log;
  let [calls, hangs] = [0, true];
  store.log.append = async (batches) => {
    if (++calls >= n && hangs) await new Promise<void>((resume) => waiting.push(resume));
    return append.call(store.log, batches);
  };
  const letGo = () => {
    hangs = false;
    for (const resume of waiting.splice(0)) resume();
  };
  return { store, letGo };
}

it("a gap of which the store has the first part before it hangs is told once", async () => {
  const { store, letGo } = hanging(2);
  const room = await spooledRoom(file("part"), { store });
  const first = await take(room, [gap(AT), frame(AT, chat(1), ...many(3000))]);
  letGo();
  expect(first.interactive).toBe(1);
  expect([first.isGapTold, await endsWith(room, first, AT + 5000)]).toEqual([true, ["gap", "chat", "chat"]]);
});

it("a gap is told once, though its append is done while the frames are heard for the spool", async () => {
  const { store, letGo } = hanging(1);
  const room = await spooledRoom(file("late"), { store });
  const refuses = room.health.storeRefuses.bind(room.health);
  room.health.storeRefuses = (reason) => {
    refuses(reason);
    letGo(); // at this very moment the store is back
  };
  const first = await take(room, [gap(AT), frame(AT, ...many(600), chat(1))]);
  expect([first.isGapTold, await endsWith(room, first, AT + 5000)]).toEqual([true, ["gap", "chat", "chat"]]);
});

it("what is replayed while the store is away ends no silence", async () => {
  const room = await spooledRoom(file("replayed"));
  await take(room, [frame(AT - 70_000, chat(1))]);
  for (let n = 0; n < 20; n++) {
    await room.clock.advance(10_000);
    await room.intake.settle(); // what the pipeline remembers of ids ages
  }
  room.away.go("refuses");
  const replayed = await take(room, [gap(AT), frame(AT, chat(1))]);
  expect([replayed.isGapTold, replayed.interactive]).toEqual([false, 0]);
  expect(await endsWith(room, replayed, AT + 5000)).toEqual(["chat", "gap", "chat"]);
});

it("people who were heard, and lost since the spool was full, end a silence when they are replayed", async () => {
  const room = await spooledRoom(file("full"), { maxBytes: 2000 });
  room.away.go("refuses");
  await take(room, [frame(AT - 1000, stats(9))]); // something waits already
  const lost = await take(room, [gap(AT), frame(AT, chat(1), ...many(100))]);
  const again = await take(room, [gap(AT + 5000), frame(AT + 5000, chat(1))]);
  expect([lost.lost !== null, lost.isGapTold, again.isGapTold]).toEqual([true, false, true]);
  expect(await endsWith(room, again, AT + 9000)).toEqual(["gap", "chat", "chat"]);
});
