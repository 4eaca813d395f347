import { describe, expect, it } from "vitest";
import type { RoomStore } from "../../src/store/store.js";
import { claimed, type Open, useStore } from "./harness.js";

/** Broadcasts. */
export function describeSessions(open: Open<RoomStore>): void {
  describe("sessions", () => {
    const store = useStore(open);
    const still = { endedAt: null, endReason: null };

    it("open once", async () => {
      const { room } = await claimed(store());
      const { sessions } = store();
      const first = { room, sessionId: "s1", title: null, openedAt: 100, ...still };
      expect(await sessions.open(room, "s1", 100)).toEqual(first);
      expect(await sessions.open(room, "s1", 200)).toEqual(first);
      expect(await sessions.get(room, "s1")).toEqual(first);
      expect(await sessions.get(room, "s2")).toBeNull();
      expect(await sessions.get(999, "s1")).toBeNull();
    });

    it("learn a title when they had none", async () => {
      const { room } = await claimed(store());
      await store().sessions.open(room, "s1", 100);
      expect(await store().sessions.open(room, "s1", 200, "一")).toMatchObject({ title: "一", openedAt: 100 });
      expect(await store().sessions.open(room, "s1", 300, "二")).toMatchObject({ title: "一" });
    });

    it("end once", async () => {
      const { room } = await claimed(store());
      const { sessions } = store();
      await sessions.open(room, "s1", 100);
      await sessions.end(room, "s1", 200, "announced");
      await sessions.end(room, "s1", 300, "offline");
      await sessions.end(room, "unknown", 300, "offline");
      expect(await sessions.open(room, "s1", 400)).toMatchObject({ endedAt: 200, endReason: "announced" });
    });

    it("are replaced by a newer one, which ends no ended one", async () => {
      const { room } = await claimed(store());
      const other = await claimed(store(), "other");
      const { sessions } = store();
      await sessions.open(other.room, "o1", 50);
      await sessions.open(room, "s1", 100);
      await sessions.end(room, "s1", 150, "offline");
      await sessions.open(room, "s2", 200);
      await sessions.open(room, "s3", 300, "三");
      await sessions.open(room, "s2", 400);
      expect(await sessions.list(room, 10)).toEqual([
        { room, sessionId: "s3", title: "三", openedAt: 300, ...still },
        { room, sessionId: "s2", title: null, openedAt: 200, endedAt: 300, endReason: "replaced" },
        { room, sessionId: "s1", title: null, openedAt: 100, endedAt: 150, endReason: "offline" },
      ]);
      expect((await sessions.list(room, 2)).map(({ sessionId }) => sessionId)).toEqual(["s3", "s2"]);
      expect((await sessions.list(room, 1, "s3")).map(({ sessionId }) => sessionId)).toEqual(["s2"]);
      expect([await sessions.list(room, 9, "s1"), await sessions.list(room, 9, "o1")]).toEqual([[], []]);
      expect(await sessions.list(other.room, 10)).toMatchObject([{ sessionId: "o1", endedAt: null }]);
    });

    it("keep what the sessions that watch the room brought", async () => {
      const { room } = await claimed(store());
      const { sessions } = store();
      const seen = { sessions: ["guest"], counts: { chat: { 1: 5 } } };
      await sessions.keepSeen(room, "s1", seen);
      expect(await sessions.seen(room, "s1")).toBeNull();
      await sessions.open(room, "s1", 100);
      expect(await sessions.seen(room, "s1")).toBeNull();
      await sessions.keepSeen(room, "s1", { sessions: [], counts: {} });
      await sessions.keepSeen(room, "s1", seen);
      await sessions.end(room, "s1", 200, "offline");
      expect(await sessions.seen(room, "s1")).toEqual(seen);
      expect(await sessions.seen(room, "s2")).toBeNull();
    });

    it("need a room", async () => {
      await expect(store().sessions.open(999, "s1", 100)).rejects.toMatchObject({ code: "not_found" });
    });
  });
}
