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
      for (const call of [
        () => log.append([]),
        () => log.readRoom(0, 0, 1),
        () => rooms.claim(0),
        () => sessions.open(0, "1", 1),
        () => positions.set("a", 1),
        () => tokens.revoke("a", 1),
        () => hooks.remove("a"),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: "stopping" });
      }
    });
  });
}
