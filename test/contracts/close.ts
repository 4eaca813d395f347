import { describe, expect, it } from "vitest";
import { chat } from "./events.js";
import { claimed, type Open, useStore } from "./harness.js";

/** Closing. */
export function describeClose(open: Open): void {
  describe("close", () => {
    const store = useStore(open);

    it("finishes what is under way", async () => {
      const { append } = await claimed(store());
      const appended = append(chat("1"));
      await store().close();
      expect(await appended).toEqual([1]);
    });

    it("lets every later call reject, and may be called again", async () => {
      const { log, rooms, sessions, positions, tokens, hooks } = store();
      await log.close();
      await store().close();
      const row = {
        id: "a",
        name: "a",
        scope: "read",
        hash: "aa",
        rooms: [],
        perMinute: null,
        createdAt: 1,
        expiresAt: null,
        revokedAt: null,
        lastUsedAt: null,
      } as const;
      for (const call of [
        () => log.append([]),
        () => log.read(0, 0, 1),
        () => log.readBefore(0, 1, 1),
        () => log.heads(),
        () => log.combos(0, []),
        () => log.known(0, []),
        () => log.byId(0, []),
        () => log.replace(0, []),
        () => log.remove(0, 1, 1, "retention"),
        () => rooms.find({ kind: "uid", value: "1" }),
        () => rooms.ensure([{ kind: "uid", value: "1" }]),
        () => rooms.get(0),
        () => rooms.aliases(0),
        () => rooms.list(),
        () => rooms.setFacts(0, {}),
        () => rooms.setWatch(0, "on"),
        () => rooms.setResume(0, null),
        () => rooms.claim(0),
        () => sessions.open(0, "1", 1),
        () => sessions.end(0, "1", 1, "offline"),
        () => sessions.get(0, "1"),
        () => sessions.list(0, 1),
        () => positions.get("a", 0),
        () => positions.set("a", 0, 1),
        () => positions.forget("a"),
        () => positions.forgetAll("a"),
        () => tokens.add(row),
        () => tokens.find("aa"),
        () => tokens.list(),
        () => tokens.revoke("a", 1),
        () => hooks.list(),
        () => hooks.change("a", {}),
        () => hooks.remove("a"),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: "stopping" });
      }
    });
  });
}
