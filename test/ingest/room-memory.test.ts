// Guards: recent ids are remembered, and the member's echo of a follow or share is refused.
import { describe, expect, test } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { RecentIds, SocialEchoes } from "../../src/ingest/room-memory.js";
import { normalise } from "../../src/platform/messages/normalise.js";
import { context, envelope } from "../platform/messages/encode.js";

const START = 1_775_222_770_000;

function make(name: string, user: object, action: number, at: number): NewEvent {
  const message = { common: { msgId: "1", createTime: String(START + at) }, user, action };
  const draft = normalise(envelope(name, message), context());
  if (draft === null) throw new Error("no event");
  return draft.event;
}

describe("RecentIds", () => {
  test("remembers at least its limit and is bounded", () => {
    const ids = new RecentIds(100);
    for (let i = 0; i < 1000; i++) ids.add(String(i));
    for (let i = 900; i < 1000; i++) expect(ids.has(String(i))).toBe(true);
    expect(ids.has("100")).toBe(false);
  });

  test("keeps what is asked for", () => {
    const ids = new RecentIds(10);
    ids.add("kept");
    for (let i = 0; i < 100; i++) {
      ids.add(String(i));
      expect(ids.has("kept")).toBe(true);
    }
  });
});

describe("RecentIds with time", () => {
  test("forgets what was not heard between two times of forgetting", () => {
    const ids = new RecentIds();
    ids.add("old");
    ids.age();
    ids.add("new");
    expect([ids.has("old"), ids.has("new")]).toEqual([true, true]);
    ids.age();
    ids.age();
    expect([ids.has("old"), ids.has("new")]).toEqual([false, false]);
  });
});

describe("SocialEchoes", () => {
  test("refuses the member's echo of a follow or share within 5 s of message time", () => {
    const echoes = new SocialEchoes();
    expect(echoes.admits(make("SocialMessage", { id: "5" }, 1, 0))).toBe(true);
    expect(echoes.admits(make("MemberMessage", { id: "5" }, 20, 5000))).toBe(false);
    expect(echoes.admits(make("MemberMessage", { id: "5" }, 20, -5000))).toBe(false);
    expect(echoes.admits(make("MemberMessage", { id: "5" }, 20, 5001))).toBe(true);
  });

  test("but not another user's or another action's", () => {
    const echoes = new SocialEchoes();
    echoes.admits(make("SocialMessage", { id: "5" }, 1, 0));
    expect(echoes.admits(make("MemberMessage", { id: "5" }, 8, 100))).toBe(true);
    expect(echoes.admits(make("MemberMessage", { id: "6" }, 20, 100))).toBe(true);
    expect(echoes.admits(make("MemberMessage", { id: "5" }, 1, 100))).toBe(true);
  });

  test("masked users are told apart by their id for live rooms or sec_uid, or not at all", () => {
    const echoes = new SocialEchoes();
    echoes.admits(make("SocialMessage", { id: "111111" }, 1, 0));
    expect(echoes.admits(make("MemberMessage", { id: "111111" }, 20, 100))).toBe(true);
    echoes.admits(make("SocialMessage", { id: "111111", secUid: "a" }, 1, 0));
    expect(echoes.admits(make("MemberMessage", { id: "111111", secUid: "b" }, 20, 100))).toBe(true);
    expect(echoes.admits(make("MemberMessage", { id: "111111", secUid: "a" }, 20, 100))).toBe(false);
    echoes.admits(make("SocialMessage", { id: "111111", webcastUid: "w1" }, 1, 0));
    expect(echoes.admits(make("MemberMessage", { id: "111111", webcastUid: "w2" }, 20, 100))).toBe(true);
    expect(echoes.admits(make("MemberMessage", { id: "111111", webcastUid: "w1" }, 20, 100))).toBe(false);
  });

  test("also where one of the two leaves out an id that the other has", () => {
    const echoes = new SocialEchoes();
    const id = "111111";
    echoes.admits(make("SocialMessage", { id, secUid: "a", webcastUid: "w1" }, 1, 0));
    expect(echoes.admits(make("MemberMessage", { id, secUid: "a" }, 20, 100))).toBe(false);
    expect(echoes.admits(make("MemberMessage", { id, secUid: "a", webcastUid: "w2" }, 20, 100))).toBe(true);
    echoes.admits(make("SocialMessage", { id, secUid: "b" }, 1, 0));
    expect(echoes.admits(make("MemberMessage", { id, secUid: "b", webcastUid: "w3" }, 20, 100))).toBe(false);
  });

  test("a social message is never refused", () => {
    const echoes = new SocialEchoes();
    for (let i = 0; i < 3; i++) expect(echoes.admits(make("SocialMessage", { id: "5" }, 3, i))).toBe(true);
  });
});
