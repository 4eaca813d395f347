// Guards: Messages of the Open Platform become the same events, gifts with all their units at once.
import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../../src/events/event.js";
import { officialDraft } from "../../../src/platform/messages/official.js";
import { readPayload } from "../../../src/platform/open-platform/push.js";
import { Drift } from "../../../src/platform/wire/drift.js";
import { expectValid } from "../../events/check.js";

const AT = 1_777_726_800_000;
const ROOM_ID = "7214015683695250235";
const PERSON = { sec_openid: "_000abc", avatar_url: "http://p3.douyinpic.com/a.jpeg", nickname: "小明", timestamp: AT - 500 };
const GIFT = { msg_id: "7300000000000000001", ...PERSON, sec_gift_id: "n1/Dg1905sj1F=", gift_num: 3, gift_value: 30 };

function read(type: string, body: unknown, drift = new Drift()) {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const context = { room: 7, webRid: null, sessionId: ROOM_ID, anchorId: null, receivedAt: AT, source: "official" as const, drift };
  return readPayload(bytes, type).map((message) => officialDraft(message, context));
}
function one(type: string, item: unknown, drift = new Drift()): NewEvent {
  const [draft, ...more] = read(type, [item], drift);
  if (draft === undefined || more.length > 0) throw new Error("not one draft");
  expectValid(draft.event);
  return draft.event;
}

describe("official pushes as events", () => {
  it("comments are chats", () => {
    expect(one("live_comment", { msg_id: "7300000000000000000", ...PERSON, content: "666" })).toMatchObject({
      ...{ type: "chat", id: "7300000000000000000", room: 7, webRid: null, sessionId: ROOM_ID, text: "666" },
      ...{ method: "live_comment", time: AT - 500, receivedAt: AT, source: "official" },
      user: { id: null, secUid: "_000abc", nickname: "小明", avatar: "https://p3.douyinpic.com/a.jpeg" },
    });
  });

  it("gifts claim all their units at once, at the price of one", () => {
    const [draft] = read("live_gift", [GIFT]);
    expect(draft?.claim).toEqual({ total: 3, end: false, single: true });
    expect(draft?.event).toMatchObject({ type: "gift", gift: { id: "n1/Dg1905sj1F=" }, comboTotal: 3, unitDiamonds: 1, valueFen: 30 });
    expect(draft?.event).not.toHaveProperty("test");
  });

  it("a price that is no whole number of diamonds is unknown, the value stays", () => {
    expect(one("live_gift", { ...GIFT, gift_value: 31 })).toMatchObject({ unitDiamonds: null, diamonds: null, valueFen: 31 });
    expect(one("live_gift", { ...GIFT, gift_value: undefined })).not.toHaveProperty("valueFen");
    expect(one("live_gift", { ...GIFT, gift_value: 0 })).toMatchObject({ unitDiamonds: 0, valueFen: 0 });
  });

  it("marks the platform's test data, and only what is exactly true", () => {
    expect(one("live_gift", { ...GIFT, test: true })).toMatchObject({ test: true });
    for (const test of [false, "true", 1, null]) expect(one("live_gift", { ...GIFT, test })).not.toHaveProperty("test");
  });

  it("tells a guest's gift and a lucky cube", () => {
    const event = one("live_gift", { ...GIFT, audience_sec_open_id: "_000guest", sec_magic_gift_id: "9tPFz=" });
    expect(event).toMatchObject({ receiver: { secUid: "_000guest" }, luckyCubeId: "9tPFz=" });
    expect(one("live_gift", GIFT)).toMatchObject({ receiver: null });
  });

  it("two gifts of one sender are two combos, also where ids are no numbers", () => {
    const ids = ["7300000000000000001", "a.b.c", "a.b.d"].map((msg_id) => one("live_gift", { ...GIFT, msg_id }));
    const combos = ids.map((event) => (event.type === "gift" ? event.comboId : ""));
    expect(new Set(combos).size).toBe(3);
    for (const combo of combos) expect(combo.split(".")).toHaveLength(5);
  });

  it("likes and fans club", () => {
    expect(one("live_like", { msg_id: "1", ...PERSON, like_num: 8 })).toMatchObject({ type: "like", count: 8, total: null });
    const told = { type: "fansclub", user: { fansClub: { name: null, level: 4 } } };
    for (const [reason, action] of Object.entries({ 1: "upgrade", 2: "join", 16: "leave", 99: "other" })) {
      const club = { msg_id: "1", ...PERSON, fansclub_reason_type: Number(reason), fansclub_level: 4 };
      expect(one("live_fansclub", club)).toMatchObject({ ...told, action });
    }
  });

  it("takes both spellings of the id, and numbers that came as text", () => {
    const { sec_openid, ...rest } = GIFT;
    const told = { user: { secUid: "_000abc" }, comboTotal: 3, unitDiamonds: 1 };
    expect(one("live_gift", { ...rest, sec_open_id: sec_openid, gift_num: "3", gift_value: "30" })).toMatchObject(told);
  });

  it("keeps unknown types byte for byte, and counts them", () => {
    const drift = new Drift();
    const item = '{"msg_id":"77", "room_id":7214015683695250235}';
    const [draft] = read("live_enter_room", `[${item}]`, drift);
    const payload = Buffer.from(item).toString("base64");
    expect(draft?.event).toMatchObject({ type: "unknown", id: "77", method: "live_enter_room", payload });
    expect(drift.toJSON().methods).toEqual({ live_enter_room: 1 });
  });

  it("keeps what lacks its content as unknown", () => {
    for (const [type, item] of [
      ...[{ ...PERSON }, [1], null, "text"].map((each) => ["live_comment", each] as const),
      ...[{ gift_num: 0 }, { gift_num: 1e12 }, { sec_gift_id: 5 }].map((each) => ["live_gift", { ...GIFT, ...each }] as const),
      ["live_like", { ...PERSON, like_num: -1 }] as const,
    ])
      expect([type, one(type, item).type]).toEqual([type, "unknown"]);
  });

  it("keeps a body that is no array, or no JSON, as one message; an empty array is nothing", () => {
    expect(read("live_comment", { msg_id: "5", ...PERSON, content: "a" }).map(({ event }) => [event.type, event.id])).toEqual([
      ["chat", "5"],
    ]);
    for (const body of ["", "[", "[1,]", "null", "\u0000", '"x"', "[".repeat(50_000)])
      expect(read("live_comment", body).map(({ event }) => event.type)).toEqual(["unknown"]);
    expect(read("live_comment", "[]")).toEqual([]);
  });

  it("bare ids of 19 digits stay exact; ids that could be taken for ours are not used", () => {
    expect(one("live_comment", { msg_id: "gap:1", ...PERSON, content: "a" }).id).toMatch(/^h:[0-9a-f]{16}$/);
    const [draft] = read("live_comment", '[{"msg_id":7300000000000000001,"content":"a"}]');
    expect(draft?.event.id).toBe("7300000000000000001");
  });

  it("hostile texts are made fit for every store", () => {
    const text = '"]},{"x":"\u0000\u001b[31m<script>\\\u2028';
    const body = `[${JSON.stringify({ msg_id: "1", ...PERSON, nickname: `${text}`, content: "A" }).replace('"A"', '"a\\ud83d b\\u0000c"')}]`;
    const [draft] = read("live_comment", body);
    if (draft === undefined) throw new Error("none");
    expectValid(draft.event);
    expect(draft.event).toMatchObject({ text: "a\ufffd bc", user: { avatar: "https://p3.douyinpic.com/a.jpeg" } });
    expect(one("live_comment", { ...PERSON, avatar_url: "javascript:alert(1)", content: "a" })).toMatchObject({ user: { avatar: null } });
    expect(one("live_comment", JSON.parse('{"__proto__":{"content":"x"},"content":"y"}'))).toMatchObject({ text: "y" });
  });

  it("counts fields that nobody reads", () => {
    const drift = new Drift();
    one("live_like", { msg_id: "1", ...PERSON, like_num: 1, user_privilege_level: 3 }, drift);
    expect(drift.toJSON().fields).toEqual({ "live_like.user_privilege_level": 1 });
  });
});
