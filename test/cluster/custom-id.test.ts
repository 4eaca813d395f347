// Guards: a custom id leads to the room whose anchor has it now.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { meetRoom } from "../../src/collector/room-resolver.js";
import type { Live } from "../../src/platform/links/resolve.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { SIGNAL, startRunning } from "../collector/running.js";
import { Lockstep } from "../faults/lockstep.js";
import { SCENARIO } from "../faults/struck.js";

const X = { kind: "unique_id", value: "demo.tv" } as const;
const live = (webRid: string, secUid: string | null = `MS4wLjABAAAA${webRid}`): Live => ({
  ...{ outcome: "live", step: "page", webRid, roomId: `7${webRid}` },
  facts: {
    ...{ webRid, title: null, anchor: { id: null, secUid, nickname: null, avatar: null }, cover: null },
    ...{ online: null, totalViewers: null, status: 2, audio: null },
  },
});

describe("a custom id", () => {
  it("that somebody else has taken leads to their room, and neither room is the other's", async () => {
    const store = openMemoryStore({ maxEventsPerRoom: 10 });
    const { rooms } = store;
    const a = await meetRoom(rooms, X, live("11"));
    expect(await meetRoom(rooms, X, live("11"))).toBe(a);
    const b = await meetRoom(rooms, X, live("22"));
    expect(b).not.toBe(a);
    expect(await rooms.find(X)).toBe(b);
    expect((await rooms.get(a))?.webRid).toBe("11");
    expect(await meetRoom(rooms, { kind: "web_rid", value: "11" }, live("11"))).toBe(a);
    expect(await rooms.find({ kind: "web_rid", value: "22" })).toBe(b);
    expect((await rooms.aliases(a)).map(({ kind }) => kind).sort()).toEqual(["room_id", "sec_uid", "web_rid"]);
    await store.close();
  });

  it("that is all that is known of a room leads to it when it is met, and so does an anchor whose number is another", async () => {
    const store = openMemoryStore({ maxEventsPerRoom: 10 });
    const { rooms } = store;
    const added = await rooms.ensure([X], { webRid: X.value }); // as an import of a recording by that name does
    expect(await meetRoom(rooms, X, live("11"))).toBe(added);
    expect(await meetRoom(rooms, X, live("12", "MS4wLjABAAAA11"))).toBe(added);
    await store.close();
  });
});

describe("a room that is collected", () => {
  let clock: Lockstep;
  let now: Awaited<ReturnType<typeof startRunning>>;
  beforeEach(() => {
    clock = new Lockstep();
  });
  const until = async <T>(work: Promise<T>): Promise<T> => {
    let done = false;
    void work.then(
      () => {
        done = true;
      },
      () => {
        done = true;
      },
    );
    await clock.until(() => done, 120_000);
    return work;
  };
  afterEach(async () => {
    await until(now.stop());
    clock.stop();
  });

  it("takes no name that its anchor has given up, and somebody else's messages go to a room of their own", async () => {
    const [one, two] = [
      { ...SCENARIO, customId: "demo.tv" },
      { ...SCENARIO, webRid: "100000009" },
    ];
    now = await startRunning({ clock, start: clock.now(), rooms: [one, two] }, { pollMs: 3000, onDemandIdleMs: 20_000 }, clock);
    const first = await until(now.rooms.request("demo.tv", 20_000, SIGNAL));
    now.simulator.rooms.rename(one.webRid, "demo.new");
    now.simulator.rooms.rename(two.webRid, "demo.tv");
    // Nobody asks for a while: it is let go.
    await clock.until(() => now.rooms.collected().length === 0, 60_000);
    const second = await until(now.rooms.request("demo.tv", 20_000, SIGNAL));
    expect(second.room).not.toBe(first.room);
    expect(second.status.sessionId).toBe(now.simulator.roomId(two.webRid));
    expect((await until(now.rooms.request(one.webRid, 20_000, SIGNAL))).room).toBe(first.room);
    expect((await now.store.rooms.get(first.room))?.webRid).toBe(one.webRid);
    // Asked again and again by number, it does not take the name back.
    now.simulator.rooms.cut(one.webRid);
    await clock.go(20_000);
    expect(await now.store.rooms.find({ kind: "unique_id", value: "demo.tv" })).toBe(second.room);
  });
});
