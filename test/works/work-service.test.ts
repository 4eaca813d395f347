// Guards: A kept work that is young enough is given at once, and a caller whose turn does not come learns why.
import { describe, expect, it } from "vitest";
import type { WorkReading } from "../../src/platform/access/work-visitor.js";
import type { WorkRow } from "../../src/store/sql/works.js";
import type { WorkReaderStatus } from "../../src/works/reader.js";
import { WorkService } from "../../src/works/work-service.js";
import { FakeClock } from "../clock.js";
import { workOf } from "./work.js";

const NEVER = new AbortController().signal;
const ID = "7560000000000000001";
const STATUS: WorkReaderStatus = {
  ...{ waiting: 7, reading: null, nextAt: null, pausedUntil: null, opened: 0, refused: 0, failed: 0, lastRefusal: null },
  last: { visits: 0, refused: 0 },
};

/** A service over a reader whose pages never answer but to their signal. */
function stage(status: Partial<WorkReaderStatus>, kept: WorkRow | null = null) {
  const clock = new FakeClock();
  const signals: AbortSignal[] = [];
  const reader = {
    find: async () => ({ id: ID, page: null }),
    read: (_asked: unknown, signal: AbortSignal) =>
      new Promise<WorkReading>((_resolve, reject) => {
        signals.push(signal);
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    status: () => ({ ...STATUS, ...status }),
    findList: () => expect.fail("nothing is listed"),
  };
  const fails = async () => expect.fail("nothing was read");
  const works = { get: async () => kept, keep: fails, replace: fails, remove: fails };
  return { clock, signals, service: new WorkService({ reader, works, clock, turnWithinMs: 1 }) };
}

describe("the service of works", () => {
  it("tells a caller whose turn does not come why, and lets the reading go", async () => {
    const waiting = stage({});
    await expect(waiting.service.read(ID, 0, NEVER)).rejects.toMatchObject({
      code: "too_many_works",
      detail: expect.stringContaining("7 wait"),
    });
    expect(waiting.signals.map(({ aborted }) => aborted)).toEqual([true]);
    const paused = stage({ pausedUntil: 1 });
    await expect(paused.service.read(ID, 0, NEVER)).rejects.toMatchObject({ detail: expect.stringContaining("refusals") });
  });

  it("ends with its caller's own reason", async () => {
    const { service } = stage({});
    await expect(service.read(ID, 0, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  });

  it("gives what is kept and young enough though nothing can be read", async () => {
    const { clock } = stage({});
    const row = { work: workOf(ID, { receivedAt: clock.now() - 999 }), reply: "text" };
    const { service } = stage({}, row);
    expect(await service.read(ID, 1000, NEVER)).toBe(row);
    await expect(service.read(ID, 999, NEVER)).rejects.toMatchObject({ code: "too_many_works" });
  });
});
