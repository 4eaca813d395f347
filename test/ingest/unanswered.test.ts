// Guards: units of a gift count once when the store does not answer an append.
import { describe, expect, it } from "vitest";
import type { Draft } from "../../src/events/combo.js";
import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import { type Broadcast, type IncomingFrame, Pipeline } from "../../src/ingest/pipeline.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { DyliveError } from "../../src/runtime/errors.js";
import type { Log } from "../../src/store/log.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { FakeClock } from "../clock.js";
import { readAll } from "../contracts/harness.js";
import { envelope } from "../platform/messages/encode.js";
import { gift } from "../platform/messages/gift-event.js";

const AT = 1_777_726_900_000;
const broadcast: Broadcast = { sessionId: "7", webRid: "1", anchorId: null, source: "websocket" };
const full = (id: string, group: string, total: number, at = AT) =>
  gift({ id, combo: `7.5.463.g${group}.0`, total, at, trace: `t${group}` });
const light = (id: string, total: number, at = AT) => gift({ id, combo: `7.5.463.e${id}.0`, total, at, kind: "light", single: true });
const down = () => Promise.reject(new DyliveError("store_unreachable", "no answer"));

async function opened(methods: (log: Log) => Partial<Log>) {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  const clock = new FakeClock(AT);
  const drafts = new Map<string, Draft>();
  const replaced = methods(store.log);
  const log = new Proxy(store.log, {
    get: (target, key) => {
      const value: unknown = Reflect.get(replaced, key) ?? Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const pipeline = await Pipeline.open({
    ...{ log, rooms: store.rooms, room, clock, drift: new Drift(), setAside: (_: NewEvent) => {} },
    decode: ((message: { msgId: string }) => {
      const draft = drafts.get(message.msgId);
      return draft === undefined ? null : { ...draft, event: { ...draft.event, room } };
    }) as never,
  });
  let n = 0;
  const of = (...list: Draft[]): IncomingFrame[] =>
    list.map((draft) => {
      const msgId = `${++n}`;
      drafts.set(msgId, draft);
      return {
        receivedAt: draft.event.receivedAt,
        response: { messages: [envelope("ChatMessage", { common: { msgId } }, msgId)] },
      } as IncomingFrame;
    });
  const events = async (): Promise<readonly LiveEvent[]> => (await readAll(store.log, room)).events;
  const units = async () => (await events()).reduce((sum, e) => sum + (e.type === "gift" ? e.delta : 0), 0);
  return { store, pipeline, of, events, units, clock };
}

describe("an append that the store does not answer", () => {
  it("and that is stored while it is repeated leaves a light gift and its full form to be counted once", async () => {
    let late: (() => Promise<unknown>) | null = null;
    let isSilent = false;
    let isLate = false;
    const { pipeline, of, units } = await opened((log) => ({
      append: ((batches: never) => {
        if (!isSilent) return log.append(batches);
        late = () => log.append(batches);
        return down();
      }) as never,
      combos: (async (...asked: Parameters<Log["combos"]>) => {
        if (isLate) await late?.();
        isLate = false;
        return log.combos(...asked);
      }) as never,
    }));
    isSilent = true;
    const batch = of(light("1", 3));
    await expect(pipeline.store(batch, broadcast)).rejects.toMatchObject({ code: "store_unreachable" });
    isSilent = false;
    isLate = true;
    await pipeline.store(batch, broadcast);
    await pipeline.store(of(full("2", "8", 3, AT + 5000)), broadcast);
    expect(await units()).toBe(3);
  });

  it("and that is stored after the combo was read again has each unit counted once", async () => {
    let late: (() => Promise<unknown>) | null = null;
    let isSilent = false;
    const { pipeline, of, units } = await opened((log) => ({
      append: (async (batches: never) => {
        if (!isSilent) return log.append(batches);
        late = () => log.append(batches);
        return down();
      }) as never,
    }));
    await pipeline.store(of(full("0", "8", 2)), broadcast);
    isSilent = true;
    await expect(pipeline.store(of(full("1", "8", 5)), broadcast)).rejects.toMatchObject({ code: "store_unreachable" });
    isSilent = false;
    await (late as (() => Promise<unknown>) | null)?.();
    await pipeline.store(of(full("2", "8", 8, AT + 1000)), broadcast);
    expect(await units()).toBe(8);
  });
});
