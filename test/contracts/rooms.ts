import { describe, expect, it } from "vitest";
import { DyliveError } from "../../src/runtime/errors.js";
import type { RoomKey } from "../../src/store/log.js";
import { type Alias, NO_SETTINGS, type Resume, type WhichRooms } from "../../src/store/rooms.js";
import type { RoomStore } from "../../src/store/store.js";
import { type Open, useStore } from "./harness.js";

const rid = { kind: "web_rid", value: "98765" } as const;
const uid = { kind: "uid", value: "1001" } as const;
const custom = { kind: "unique_id", value: "98765" } as const;
const resume: Resume = {
  roomId: "7400000000000000001",
  positions: {
    default: {
      host: "example.invalid",
      cursor: "t-1_r-1",
      internalExt: "a:b|c:d",
      visitor: { userUniqueId: "74", cookies: [["ttwid", "1|a=b"]] },
    },
    "account:main@browser": { host: null, cursor: "", internalExt: "", visitor: null },
  },
  savedAt: 5,
};

/** Rooms, their names and their claims. */
export function describeRooms(open: Open<RoomStore>): void {
  describe("rooms", () => {
    const store = useStore(open);

    it("are made once, and found by every name", async () => {
      const { rooms } = store();
      expect(await rooms.find(rid)).toBeNull();
      const room = await rooms.ensure([rid, uid]);
      expect(room).toBeGreaterThan(0);
      expect(await rooms.ensure([uid])).toBe(room);
      expect(await rooms.find(uid)).toBe(room);
      expect(await rooms.find(custom)).toBeNull();
      expect(await rooms.aliases(room)).toEqual([uid, rid]);
    });

    it("learn new names; a name moves to the room that was named first", async () => {
      const { rooms } = store();
      const one = await rooms.ensure([rid]);
      const two = await rooms.ensure([uid]);
      expect(await rooms.ensure([custom, uid, rid])).toBe(two);
      expect(await rooms.find(rid)).toBe(two);
      expect(await rooms.find(custom)).toBe(two);
      expect(await rooms.aliases(one)).toEqual([]);
      const three = await rooms.ensure([{ kind: "web_rid", value: "1" }]);
      const all = new Map([two, three].map((room) => [room, [] as readonly Alias[]]));
      for (const room of all.keys()) all.set(room, await rooms.aliases(room));
      expect(await rooms.aliasesOf([one, two, three])).toEqual(all);
      expect([...(await rooms.aliasesOf([three])).keys()]).toEqual([three]);
      expect(await rooms.get(one)).not.toBeNull();
    });

    it("keep facts that are given and not null", async () => {
      const { rooms } = store();
      const room = await rooms.ensure([rid], { webRid: "98765" });
      const anchor = { id: "1001", secUid: null, nickname: "主播'\"", avatar: null };
      await rooms.setFacts(room, { title: "一", anchor });
      await rooms.setFacts(room, { title: null, anchor: { id: null, secUid: "MS4w", nickname: null, avatar: null } });
      await rooms.ensure([rid], { anchor: null });
      expect(await rooms.get(room)).toMatchObject({ webRid: "98765", title: "一", anchor: { ...anchor, secUid: "MS4w" } });
    });

    it("begin with nothing known, and are listed oldest first without the system's", async () => {
      const { rooms } = store();
      const keys = [await rooms.ensure([rid]), await rooms.ensure([uid])];
      const list = await rooms.list();
      expect(list.map(({ room }) => room)).toEqual(keys);
      const nothing = { webRid: null, title: null, anchor: null, watch: "off", settings: NO_SETTINGS, resume: null };
      expect(list[0]).toEqual({ room: keys[0], ...nothing, createdAt: expect.any(Number) });
      expect(await rooms.get(0)).toMatchObject({ room: 0 });
      expect(await rooms.get(999)).toBeNull();
    });

    it("are listed by pages, by their place on the watch list, and by their names", async () => {
      const { rooms } = store();
      const anna: Alias = { kind: "unique_id", value: "anna" };
      const names: Alias[] = [rid, uid, anna, { kind: "official", value: "app:1" }, { kind: "uid", value: "5" }];
      const keys: RoomKey[] = [];
      for (const name of names) keys.push(await rooms.ensure([name]));
      const [one = 0, two = 0, three = 0, four = 0, five = 0] = keys;
      await rooms.ensure([{ kind: "uid", value: anna.value }]);
      const [, , , , , six = 0] = (await rooms.list()).map(({ room }) => room);
      for (const room of [one, four]) await rooms.setWatch(room, "on");
      const found = async (which: WhichRooms) => (await rooms.list(which)).map(({ room }) => room);
      expect(await found({ limit: 2 })).toEqual([one, two]);
      expect(await found({ limit: 9, after: two })).toEqual([three, four, five, six]);
      expect(await found({ after: Number.MAX_SAFE_INTEGER })).toEqual([]);
      expect(await found({ watch: "on" })).toEqual([one, four]);
      expect(await found({ watch: "on", after: one, limit: 1 })).toEqual([four]);
      expect(await found({ name: anna.value })).toEqual([three, six]);
      expect(await found({ among: [] })).toHaveLength(6);
      expect(await found({ among: [anna.value, `room:${two}`, "official:app:1", "web_rid:5", "none'"] })).toEqual([two, three, four, six]);
      expect(await found({ among: [`unique_id:${anna.value}`], limit: 1 })).toEqual([three]);
      expect(await found({ among: [`${two}`, "room:0"] })).toEqual([]);
    });

    it("remember the watch list and where to resume", async () => {
      const { rooms } = store();
      const room = await rooms.ensure([rid]);
      await rooms.setWatch(room, "paused");
      await rooms.setResume(room, resume);
      expect(await rooms.get(room)).toMatchObject({ watch: "paused", resume });
      await rooms.setWatch(room, "on");
      await rooms.setResume(room, null);
      expect(await rooms.get(room)).toMatchObject({ watch: "on", resume: null });
      const epoch = (await rooms.claim(room)) ?? 0;
      await rooms.setResume(room, resume, epoch);
      expect(await rooms.get(room)).toMatchObject({ resume });
      // Another process has the room by now.
      await rooms.claim(room);
      await rooms.setResume(room, null, epoch);
      expect(await rooms.get(room)).toMatchObject({ resume });
    });

    it("keep what their operator chose, one setting at a time", async () => {
      const { rooms } = store();
      const room = await rooms.ensure([rid]);
      await rooms.setSettings(room, { account: "work", proxy: "socks5://u:p@127.0.0.1:1" });
      await rooms.setSettings(room, { proxy: null, source: "browser" });
      expect((await rooms.get(room))?.settings).toEqual({ account: "work", proxy: null, source: "browser", record: null, sessions: null });
      await rooms.setSettings(room, { sessions: ["guest", "account:main"] });
      expect((await rooms.get(room))?.settings.sessions).toEqual(["guest", "account:main"]);
      await rooms.setSettings(room, ({ sessions }) => ({ sessions: [...(sessions ?? []), "guest:2"] }));
      expect((await rooms.get(room))?.settings.sessions).toEqual(["guest", "account:main", "guest:2"]);
      const refused = rooms.setSettings(room, () => {
        throw new DyliveError("forbidden", "not by you");
      });
      await expect(refused).rejects.toMatchObject({ code: "forbidden" });
      expect((await rooms.get(room))?.settings.sessions).toHaveLength(3);
    });

    it("keep how they were doing last", async () => {
      const { rooms } = store();
      const room = await rooms.ensure([rid]);
      expect(await rooms.loadStatus(room)).toBeNull();
      await rooms.saveStatus(room, "{}", 5);
      await rooms.saveStatus(room, '{"state":"live"}', 1_777_726_780_000);
      expect(await rooms.loadStatus(room)).toEqual({ status: '{"state":"live"}', at: 1_777_726_780_000 });
      await rooms.saveStatus(999, "{}", 5);
      expect(await rooms.loadStatus(999)).toBeNull();
    });

    it("are claimed with a rising epoch, one at a time", async () => {
      const room = await store().rooms.ensure([rid]);
      const epochs = await Promise.all([1, 2, 3].map(() => store().rooms.claim(room)));
      expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
      expect(new Set(epochs).size).toBe(3);
    });

    it("that do not exist cannot be changed", async () => {
      const { rooms } = store();
      for (const change of [
        () => rooms.claim(999),
        () => rooms.setFacts(999, {}),
        () => rooms.setWatch(999, "on"),
        () => rooms.setResume(999, null),
        () => rooms.setSettings(999, {}),
      ]) {
        await expect(change()).rejects.toMatchObject({ code: "not_found" });
      }
    });
  });
}
