// Guards: Messages for clients of DouyinBarrageGrab have the fields and exact integers that these read.
import { describe, expect, it } from "vitest";
import { bareJson, grab } from "../../src/compat/grab.js";
import type { LiveEvent, User } from "../../src/events/event.js";
import { type Big, readBig } from "./big-json.js";
import { rendered } from "./golden.js";
import { ABOUT, FAN, MSG_ID, ROOM_ID, sample, UID } from "./samples.js";

type Fields = { [key: string]: Big };
const ASKED = { room: null, idsAsText: false };

/** Reads a message as a client of DouyinBarrageGrab does, integers whole. */
function read(event: LiveEvent, idsAsText = false): { type: Big | undefined; data: Fields } {
  const text = grab.write(event, ABOUT, { room: null, idsAsText })?.text;
  if (text === undefined) throw new Error("no message");
  const pack = readBig(text) as Fields;
  expect(Object.keys(pack)).toEqual(["Type", "ProcessName", "Data"]);
  return { type: pack["Type"], data: readBig(pack["Data"] as string) as Fields };
}

const BASE = ["MsgId", "User", "Onwer", "Content", "RoomId", "WebRoomId", "Appid"];
/** facts/peers-and-users.md section 5: type, and the fields beside the base's. */
const FACTS: readonly (readonly [sample: string, type: number, fields: readonly string[]])[] = [
  ["chat", 1, []],
  ["like", 2, ["Count", "Total"]],
  ["join", 3, ["CurrentCount", "EnterTipType"]],
  ["follow", 4, []],
  ["gift in a combo", 5, ["GiftId", "GiftName", "GroupId", "GiftCount", "RepeatCount", "DiamondCount", "Combo", "ImgUrl", "ToUser"]],
  ["stats", 6, ["OnlineUserCount", "TotalUserCount", "TotalUserCountStr", "OnlineUserCountStr"]],
  ["fans club join", 7, ["Type", "Level"]],
  ["share", 8, ["ShareType"]],
  ["room ended", 9, []],
];

describe("messages for clients of DouyinBarrageGrab", () => {
  it("are as in the golden file", async () => {
    await expect(rendered(grab, ASKED)).toMatchFileSnapshot("golden/grab.txt");
  });

  it.each(FACTS)("of a %s have its type and every field that the facts name, no other", (name, type, fields) => {
    const { type: written, data } = read(sample(name));
    expect(written).toBe(type);
    expect(Object.keys(data).sort()).toEqual([...BASE, ...fields].sort());
    expect(Object.keys(data["Onwer"] as Fields)).toEqual(["UserId", "SecUid", "Nickname", "HeadUrl", "FollowStatus"]);
    if (data["User"] === null) return;
    expect(Object.keys(data["User"] as Fields)).toEqual([
      ...["Id", "IsAdmin", "IsAnchor", "ShortId", "DisplayId", "Nickname", "Level", "PayLevel", "Gender", "HeadImgUrl", "SecUid"],
      ...["FansClub", "FollowerCount", "FollowStatus", "FollowingCount"],
    ]);
  });

  it("have what was told of a person's followers, and -1 for what was not", () => {
    const of = (counts: Partial<User>) => {
      const told = { ...sample("chat"), user: { ...FAN, ...counts } } as LiveEvent;
      const { FollowerCount, FollowStatus, FollowingCount } = read(told).data["User"] as Fields;
      return [FollowerCount, FollowStatus, FollowingCount];
    };
    expect(of({ followers: 120, followStatus: 1, following: 34 })).toEqual([120, 1, 34]);
    expect(of({ followers: 120 })).toEqual([120, -1, -1]);
  });

  it("have ids beyond 2^53 exact, as bare integers", () => {
    const { data } = read(sample("chat"));
    expect(data["MsgId"]).toBe(BigInt(MSG_ID));
    expect((data["User"] as Fields)["Id"]).toBe(BigInt(UID));
    expect([data["RoomId"], data["WebRoomId"]]).toEqual([ROOM_ID, "98765"]);
    expect(read(sample("gift in a combo")).data).toMatchObject({ GroupId: 1718870387667, GiftId: 463, GiftCount: 3, RepeatCount: 8 });
  });

  it("have them as text for who asks so", () => {
    const { data } = read(sample("chat"), true);
    expect([data["MsgId"], (data["User"] as Fields)["Id"]]).toEqual([MSG_ID, UID]);
    expect(JSON.parse(grab.write(sample("chat"), ABOUT, { room: null, idsAsText: true })?.text ?? "").Type).toBe(1);
  });

  it.each([
    `${MSG_ID}`,
    `"MsgId":${MSG_ID},"User":null`,
    `\\"MsgId\\":1`,
    `@@${MSG_ID}@@`,
    `__BIGINT__${MSG_ID}__ "${MSG_ID}n" ${MSG_ID}n`,
    '\u0000\u001f\u2028\u2029\ud800 \\ " / \\u0022 \\\\"',
    '"},{"Type":9,"Data":"{}"}',
    "$& $1 $` $' $$",
    "0123 -5 1e9 1.50 NaN null true",
  ])("keep a chat as it was, whatever it holds: %j", (text) => {
    const { data } = read(sample("chat", { text, user: { ...FAN, nickname: text } }));
    expect(data["Content"]).toBe(text);
    expect((data["User"] as Fields)["Nickname"]).toBe(text);
    expect(data["MsgId"]).toBe(BigInt(MSG_ID));
  });

  it("sum to what was given: what brings nothing new is not sent", () => {
    expect(grab.write(sample("end of a combo"), ABOUT, ASKED)).toBeNull();
  });

  it("give a number that a client's 64 bits can hold, whatever an event is called", () => {
    const max = (1n << 63n) - 1n;
    for (const id of ["h:0123456789abcdef", "9223372036854775808", "99999999999999999999", "0", "state:1:ended"]) {
      const { data } = read(sample("chat", { id }));
      const number = BigInt(data["MsgId"] as bigint | number);
      expect(number > 0n && number <= max).toBe(true);
      expect(read(sample("chat", { id })).data["MsgId"]).toBe(data["MsgId"]);
    }
    const strange = read(sample("chat", { user: { ...FAN, id: "99999999999999999999" } }));
    const id = BigInt((strange.data["User"] as Fields)["Id"] as bigint | number);
    expect(id > 0n && id <= max).toBe(true);
  });
});

describe("JSON with bare integers", () => {
  it("is what JSON.stringify writes, where that can", () => {
    const value = { a: [1, "x", null, true, { b: '"\\\n\u2028' }], 'k"ey': -0.5, none: undefined, empty: {}, list: [] };
    expect(bareJson(value)).toBe(JSON.stringify(value));
  });

  it("writes integers of any size as their digits", () => {
    expect(bareJson({ id: 123456789012345678901234567890n, less: [-(2n ** 63n)] })).toBe(
      '{"id":123456789012345678901234567890,"less":[-9223372036854775808]}',
    );
  });
});
