import { describe, expect, it } from "vitest";
import { type HookBatch, type HookRow, type HookTry, TRIES_KEPT } from "../../src/store/sql/hooks.js";
import { type Open, useStore } from "./harness.js";

const hook = (id: string, more: Partial<HookRow> = {}): HookRow => ({
  ...{ id, name: `看板 ${id}`, url: "https://example.com/a'; --", types: ["chat", "room.live"], filter: 'text.contains("你好")' },
  ...{ rooms: [1, 2], maxEvents: 500, allowPrivate: false, channel: null, secret: "whsec_AAAA", old: null, createdAt: 5 },
  ...{ revision: 0, replays: 0, paused: null, failing: null, last: null, deliveredAt: null, ...more },
});

const batch = (room: number, from: number, to: number): HookBatch => ({
  ...{ id: `a_${room}_${from}-${to}`, room, from, to, events: to - from + 1, createdAt: 7, tries: 0 },
  body: `{"text":"你好\\u0000 '; --","from":${from}}`,
});

const outcome = ({ id, room, from, to, events }: HookBatch, more: Partial<HookTry> = {}): HookTry => ({
  ...{ id, at: 100, ms: 12, room, from, to, events, bytes: 40, attempt: 1, delivered: true, status: 200, error: null, answer: null },
  ...more,
});
const failure = { delivered: false, status: 500, error: "it answered HTTP 500", answer: "哎呀" };

/** Webhooks. */
export function describeHooks(open: Open): void {
  describe("hooks", () => {
    const store = useStore(open);

    const places = async (id: string) => {
      const { pos, rooms } = await store().hooks.progress(id);
      return [pos, ...rooms];
    };

    it("are kept with everything that was said of them, oldest first", async () => {
      const { hooks } = store();
      const full = hook("b", {
        old: { secret: "whsec_BBBB", until: 9 },
        paused: { at: 4, reason: "gone" },
        failing: { since: 1, ms: 2 },
        last: { at: 3, status: null, error: "refused" },
        deliveredAt: 1_700_000_000_000,
      });
      await hooks.add(full, 4_000_000_000);
      await hooks.add(hook("a"), 0);
      expect(await hooks.list()).toEqual([full, hook("a")]);
      expect(await hooks.get("b")).toEqual(full);
      expect(await hooks.get("c")).toBeNull();
      expect(await places("b")).toEqual([4_000_000_000]);
      await expect(hooks.add(hook("a"), 1)).rejects.toMatchObject({ code: "in_use" });
      expect(await places("a")).toEqual([0]);
    });

    it("change in one piece: settings, places, and what was fixed for them", async () => {
      const { hooks } = store();
      await hooks.add(hook("a"), 9);
      for (const one of [batch(1, 11, 11), batch(2, 21, 21), batch(3, 31, 31)]) await hooks.fix("a", 0, one);
      const changed = await hooks.change(
        "a",
        { url: "https://other.example/" },
        new Map([
          [1, 5],
          [3, null],
        ]),
        true,
      );
      expect(changed).toEqual(hook("a", { url: "https://other.example/", revision: 1, replays: 1 }));
      expect(await hooks.get("a")).toEqual(changed);
      expect(await places("a")).toEqual([9, [1, 5], [2, 20]]);
      expect((await hooks.progress("a")).fixed.map(({ room }) => room)).toEqual([2]);
      expect(await hooks.change("a", { paused: { at: 1, reason: "asked" } })).toMatchObject({ revision: 2, replays: 1 });
      expect(await hooks.change("none", { name: "b" })).toBeNull();
    });

    it("have one batch of each room, byte for byte as it was fixed, until it is delivered", async () => {
      const { hooks } = store();
      await hooks.add(hook("a"), 5);
      const [first, second] = [batch(1, 11, 15), batch(2, 1, 3)];
      const { body: _, ...head } = first;
      const { body: _body, ...other } = second;
      expect(await hooks.fix("a", 0, second)).toEqual(other);
      expect(await hooks.fix("a", 0, first)).toEqual(head);
      expect(await hooks.fix("a", 0, batch(1, 11, 20))).toEqual(head);
      expect((await hooks.progress("a")).fixed).toEqual([head, other]);
      expect(await hooks.batch("a", 0, 1)).toEqual(first);
      expect(await hooks.batch("a", 0, 3)).toBeNull();
      const failed = await hooks.tried(hook("a"), outcome(first, { ...failure, attempt: 1 }));
      expect(failed).toMatchObject({ revision: 0, failing: { since: 100, ms: 0 }, last: { at: 100, status: 500 }, deliveredAt: null });
      expect(await hooks.batch("a", 0, 1)).toEqual({ ...first, tries: 1 });
      expect(await places("a")).toEqual([5, [1, 10], [2, 0]]);
      const delivered = await hooks.tried(hook("a"), outcome(first, { at: 200, attempt: 2 }));
      expect(delivered).toMatchObject({ failing: null, last: { at: 200, status: 200, error: null }, deliveredAt: 200 });
      expect(await hooks.get("a")).toEqual(delivered);
      expect(await hooks.batch("a", 0, 1)).toBeNull();
      expect(await places("a")).toEqual([5, [1, 15], [2, 0]]);
      expect((await hooks.progress("a")).fixed.map(({ room }) => room)).toEqual([2]);
    });

    it("move on and never back, with the rooms that have a place of their own", async () => {
      const { hooks } = store();
      await hooks.add(hook("a"), 5);
      for (const one of [batch(1, 11, 15), batch(2, 21, 21)]) {
        await hooks.fix("a", 0, one);
        await hooks.tried(hook("a"), outcome(one));
      }
      const rooms = new Map([
        [1, 12],
        [2, null],
        [3, 7],
      ]);
      expect(await hooks.move("a", 0, 8, rooms)).toBe(true);
      expect(await places("a")).toEqual([8, [1, 15], [3, 7]]);
      expect(await hooks.move("a", 0, 6, new Map([[1, 18]]))).toBe(true);
      expect(await places("a")).toEqual([8, [1, 18], [3, 7]]);
    });

    it("are written by who began to deliver them last, and by no process that stood still meanwhile", async () => {
      const { hooks } = store();
      await hooks.add(hook("a"), 5);
      await hooks.fix("a", 0, batch(1, 11, 15));
      const begun = await hooks.begin("a", 0);
      expect(begun).toEqual({ hook: hook("a", { revision: 1 }), ...(await hooks.progress("a")) });
      expect(await hooks.get("a")).toEqual(begun?.hook);
      expect([await hooks.begin("a", 0), await hooks.begin("none", 0)]).toEqual([null, null]);
      expect(await hooks.fix("a", 0, batch(2, 1, 3))).toBeNull();
      expect(await hooks.move("a", 0, 9, new Map())).toBe(false);
      expect(await hooks.batch("a", 0, 1)).toBeNull();
      expect(await hooks.batch("a", 1, 1)).toEqual(batch(1, 11, 15));
      expect(await places("a")).toEqual([5, [1, 10]]);
    });

    it("lose what is fixed and names somebody, and nothing else", async () => {
      const { hooks } = store();
      await hooks.add(hook("a"), 5);
      await hooks.add(hook("b"), 5);
      for (const [id, room, body] of [
        ["a", 1, '{"nickname":"100%_\'\\"小安"}'],
        ["a", 2, '{"id":"42"}'],
        ["b", 1, '{"nickname":"100 小安"}'],
      ] as const)
        await hooks.fix(id, 0, { ...batch(room, 11, 12), body });
      expect(await hooks.withdraw(["100%_'\\\"小", "nobody"])).toBe(1);
      expect(await hooks.batch("a", 0, 1)).toBeNull();
      expect(await places("a")).toEqual([5, [1, 10], [2, 10]]);
      expect([await hooks.batch("a", 0, 2), await hooks.batch("b", 0, 1)]).not.toContain(null);
      expect(await hooks.withdraw([])).toBe(0);
    });

    it("take nothing from what began before they were changed", async () => {
      const { hooks } = store();
      await hooks.add(hook("a"), 5);
      const old = batch(1, 11, 15);
      await hooks.fix("a", 0, old);
      await hooks.change("a", {}, new Map([[1, 3]]), true);
      expect(await hooks.fix("a", 0, batch(1, 16, 17))).toBeNull();
      expect(await hooks.move("a", 0, 6, new Map([[1, 40]]))).toBe(false);
      await hooks.tried(hook("a"), outcome(old));
      expect(await places("a")).toEqual([5, [1, 3]]);
      expect(await hooks.fix("a", 1, batch(1, 4, 9))).not.toBeNull();
      await hooks.tried(hook("a"), outcome(old));
      expect(await places("a")).toEqual([5, [1, 3]]);
      expect((await hooks.progress("a")).fixed).toHaveLength(1);
      expect(await hooks.fix("none", 0, old)).toBeNull();
      expect(await hooks.move("none", 0, 6, new Map())).toBe(false);
      expect(await hooks.tried(hook("none"), outcome(old))).toBeNull();
    });

    it("count how long they fail while somebody tries, not while nobody does", async () => {
      const { hooks } = store();
      await hooks.add(hook("a"), 0);
      const fails = (at: number) => hooks.tried(hook("a"), outcome(batch(1, 1, 1), { ...failure, at }));
      const hour = 3_600_000;
      await fails(hour);
      await fails(2 * hour);
      expect(await fails(3 * hour)).toMatchObject({ failing: { since: hour, ms: 2 * hour } });
      expect(await fails(100 * hour)).toMatchObject({ failing: { since: hour, ms: 5 * hour } });
      expect(await hooks.tried(hook("a"), outcome(batch(1, 1, 1), { ...failure, at: 101 * hour, attempt: 0 }))).toMatchObject({
        failing: { ms: 5 * hour },
        last: { at: 100 * hour },
      });
    });

    it("remember their last tries, and so many", async () => {
      const { hooks } = store();
      await hooks.add(hook("a"), 0);
      await hooks.add(hook("b"), 0);
      await hooks.tried(hook("b"), outcome(batch(1, 1, 1)));
      for (let n = 1; n <= TRIES_KEPT + 2; n++) await hooks.tried(hook("a"), outcome(batch(1, n, n), { ...failure, at: n }));
      const tries = await hooks.tries("a", 1_000);
      expect(tries).toHaveLength(TRIES_KEPT);
      expect(tries[0]).toEqual(outcome(batch(1, TRIES_KEPT + 2, TRIES_KEPT + 2), { ...failure, at: TRIES_KEPT + 2 }));
      expect((await hooks.tries("a", 2)).map(({ at }) => at)).toEqual([TRIES_KEPT + 2, TRIES_KEPT + 1]);
      expect(await hooks.tries("b", 10)).toHaveLength(1);
      expect(await hooks.tries("none", 10)).toEqual([]);
    });

    it("forget what receivers answered, and keep that they did", async () => {
      const { hooks } = store();
      await hooks.add(hook("a"), 0);
      const [silent, taken] = [{ delivered: false, status: null, error: "no whole answer within 20 s" }, {}];
      const said = { ...failure, error: 'it refused the message: code 1, "你好"' };
      for (const more of [silent, taken, said]) await hooks.tried(hook("a"), outcome(batch(1, 1, 1), more));
      const before = await hooks.get("a");
      await hooks.forgetAnswers();
      const bare = { error: "it answered HTTP 500", answer: null };
      expect(await hooks.tries("a", 9)).toEqual([{ ...said, ...bare }, taken, silent].map((more) => outcome(batch(1, 1, 1), more)));
      expect(await hooks.get("a")).toEqual({ ...before, last: { at: 100, status: 500, error: bare.error } });
    });

    it.each([
      [{ delivered: true, error: "sent without its text: it refused the message: 你好" }, "sent without its text: …"],
      [{ delivered: false, status: null, error: "the mail server refused it: 550 你好" }, "the mail server refused it: …"],
    ])("forget what the receiver said of %j, and keep what we say", async (more, left) => {
      const { hooks } = store();
      await hooks.add(hook("a"), 0);
      await hooks.tried(hook("a"), outcome(batch(1, 1, 1), more));
      await hooks.forgetAnswers();
      expect((await hooks.tries("a", 9))[0]).toMatchObject({ error: left, delivered: more.delivered });
    });

    it("leave nothing when they are removed", async () => {
      const { hooks } = store();
      await hooks.add(hook("a"), 5);
      await hooks.fix("a", 0, batch(1, 11, 11));
      await hooks.tried(hook("a"), outcome(batch(1, 11, 11), failure));
      expect(await hooks.remove("a")).toBe(true);
      expect(await hooks.remove("a")).toBe(false);
      await hooks.add(hook("a"), 0);
      expect([await places("a"), (await hooks.progress("a")).fixed, await hooks.tries("a", 9)]).toEqual([[0], [], []]);
    });
  });
}
