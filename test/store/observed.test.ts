import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { ObservedLog } from "../../src/store/observed.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { describeStore } from "../contracts/store.js";

describeStore("memory, observed", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  return { ...store, log: new ObservedLog(store.log, {}) };
});

describe("who observes a log", () => {
  it("is told of what was stored, in order, and of nothing else", async () => {
    const told: NewEvent[][] = [];
    const opened = openSqliteStore({ path: ":memory:" });
    const store = { ...opened, log: new ObservedLog(opened.log, { onStored: (events) => told.push([...events]) }) };
    const first = await claimed(store, "1");
    const second = await claimed(store, "2");
    await first.append(chat("1"), chat("2"));
    await first.append(chat("2"), chat("3"));
    await first.append(chat("3"));
    const epoch = await store.rooms.claim(second.room);
    await store.log.append([
      { room: second.room, epoch: second.epoch, events: [chat("fenced")] },
      { room: first.room, epoch: first.epoch, events: [chat("4")] },
      { room: second.room, epoch, events: [chat("5")] },
    ]);
    await store.log.append([{ room: first.room, epoch: first.epoch, events: [{ ...chat("6"), id: "" }] }]).catch(() => {});
    expect(told.map((events) => events.map(({ id }) => id))).toEqual([["1", "2"], ["3"], ["4"], ["5"]]);
  });
});
