// Guards: Data of the room by key become the events that they show, and each method has an event or stands in the list of those that have none.
import { describe, expect, test } from "vitest";
import { normalise } from "../../../src/platform/messages/normalise.js";
import { METHODS, WITHOUT_EVENT } from "../../../src/platform/wire/methods.js";
import { context, encode, envelope, schema } from "./encode.js";
import { COMMON, event, USER } from "./normalised.js";

const AT = 1_775_222_700;
const data = (syncKey: string, payload: object | Uint8Array, version = "1775218574999020874", roomId = "7624518339386641206") =>
  envelope("RoomDataSyncMessage", {
    common: COMMON,
    roomId,
    syncKey,
    version,
    payload: payload instanceof Uint8Array ? payload : encode(syncKey, payload),
  });

describe("data of the room by key", () => {
  test("a pinned comment, with who wrote it and until when; nothing when it is taken down", () => {
    const comment = { content: "新粉看这里", nickName: "菊0", commenterId: "111482481280", msgId: "7624523651580285990" };
    const items = [
      { itemId: "1", endTime: AT, dataType: 4, commentData: comment },
      { itemId: "2", dataType: 3 },
    ];
    expect(event(data("HighlightContainerSyncData", { highlightItems: items }))).toMatchObject({
      type: "pin",
      id: "HighlightContainerSyncData:7624518339386641206:1775218574999020874:WebcastRoomDataSyncMessage",
      version: "1775218574999020874",
      pins: [{ messageId: "7624523651580285990", user: { id: "111482481280", nickname: "菊0" }, text: "新粉看这里", until: AT * 1000 }],
    });
    expect(event(data("HighlightContainerSyncData", {}))).toMatchObject({ type: "pin", pins: [] });
    // An answer or a film is pinned: that is no comment, and not nothing either.
    expect(event(data("HighlightContainerSyncData", { highlightItems: [{ itemId: "2", dataType: 3 }] })).type).toBe("unknown");
  });

  test("what one broadcast pinned is another state than what the next one pins, also where both count from 1", () => {
    const idOf = (version: string, roomId: string) => event(data("HighlightContainerSyncData", {}, version, roomId)).id;
    expect(idOf("1", "7624518339386641206")).toBe(idOf("1", "7624518339386641206"));
    expect(new Set([idOf("1", "7624518339386641206"), idOf("1", "7624518339386641207"), idOf("2", "7624518339386641206")]).size).toBe(3);
  });

  test("a lottery as it stands", () => {
    const lottery = { lotteryId: "7", luckyCount: 10, candidateTotalCount: 321, lotteryType: 1, prizeCount: 100 };
    const told = event(data("LotteryInfoSyncData", { ...lottery, startTime: AT, drawTime: AT + 600 }));
    expect(told).toMatchObject({ type: "lottery", action: "lottery", lotteryId: "7", diamonds: 100, participants: 321, luckyCount: 10 });
    expect(told).toMatchObject({ startAt: AT * 1000, drawAt: (AT + 600) * 1000 });
    const other = event(data("LotteryInfoSyncData", { ...lottery, lotteryType: 2, candidateTotalCount: 0 }));
    expect(other).toMatchObject({ diamonds: null, participants: 0 });
  });

  test("who is linked", () => {
    const told = { type: "linkmic", action: "list_changed", users: [{ id: USER.id, nickname: USER.nickname }] };
    expect(event(data("RoomLinkMicSyncData", { linkedUsers: [{ user: USER }, {}] }))).toMatchObject(told);
  });

  test("keys that nobody reads, and damaged data, stay as they came", () => {
    const unread = event(data("InteractEffectSyncData", Uint8Array.of(10, 1, 65)));
    expect(unread).toMatchObject({ type: "unknown", id: `${COMMON.msgId}:WebcastRoomDataSyncMessage` });
    expect(event(data("HighlightContainerSyncData", Uint8Array.of(10, 200))).type).toBe("unknown");
  });
});

test("conditions of a lottery", () => {
  const conditionsDetail = [
    { type: 3, content: "发送口令 冲冲冲" },
    { type: 5, needDiamondCount: 1, minFansLevel: 2, remarks: "粉丝团" },
  ];
  expect(event(envelope("LotteryEventNewMessage", { common: COMMON, lotteryId: "7", luckyCount: 3, conditionsDetail }))).toMatchObject({
    luckyCount: 3,
    conditions: [
      { kind: 3, text: "发送口令 冲冲冲", diamonds: null, fansLevel: null },
      { kind: 5, text: "粉丝团", diamonds: 1, fansLevel: 2 },
    ],
  });
});

test("the rank of the audience has numbers, also where one is told as text; a guest's has the guest", () => {
  const audienceRanks = [
    { user: USER, score: 1200, rank: 1 },
    { user: { ...USER, id: "7" }, exactlyScore: "98", rank: 2 },
    { user: { ...USER, id: "8" }, scoreDescription: "距上一名 3" },
  ];
  const told = event(envelope("RoomRankMessage", { common: COMMON, ranks: [{ user: USER, scoreStr: "1200" }], audienceRanks }));
  expect(told).toMatchObject({ type: "rank", list: "audience", receiver: null, total: null });
  expect(told.type === "rank" && told.entries.map(({ rank, score, user }) => [rank, score, user.id])).toEqual([
    [1, 1200, USER.id],
    [2, 98, "7"],
    [3, null, "8"],
  ]);
  const userContributeList = [{ userId: "5", rank: 1, score: 66, nickname: "菊0" }];
  expect(event(envelope("LinkerContributeMessage", { common: COMMON, userId: "9", totalScore: 70, userContributeList }))).toMatchObject({
    list: "guest",
    receiver: { id: "9" },
    total: 70,
    entries: [{ rank: 1, score: 66, user: { id: "5", nickname: "菊0" } }],
  });
  const likeUserList = [{ user: USER, count: 520 }, { user: { ...USER, id: "7" } }];
  expect(event(envelope("DoubleLikeTopUserMessage", { common: COMMON, likeUserList }))).toMatchObject({
    ...{ type: "rank", list: "likes", receiver: null, total: null },
    entries: [
      { rank: 1, score: 520, user: { id: USER.id } },
      { rank: 2, score: null, user: { id: "7" } },
    ],
  });
  expect(event(envelope("DoubleLikeTopUserMessage", { common: COMMON }))).toMatchObject({ type: "unknown" });
});

test("goods that are explained", () => {
  const updateProductInfo = [
    { promotionId: "31", index: 1 },
    { promotionId: "32", index: 2, explainType: 2 },
  ];
  const updateCategoryInfo = [{ id: 7, name: "零食\u0000", promotionIds: ["31", "32"] }];
  const plain = event(envelope("ProductChangeMessage", { common: COMMON, updateProductInfo, total: 2 }));
  expect(plain).not.toHaveProperty("categories");
  expect(event(envelope("ProductChangeMessage", { common: COMMON, updateProductInfo, updateCategoryInfo, total: 2 }))).toMatchObject({
    categories: [{ name: "零食", products: ["31", "32"] }],
    explaining: "32",
    total: 2,
    products: [
      { id: "31", index: 1, title: null, price: null },
      { id: "32", index: 2, title: null, price: null },
    ],
  });
});

test("what a message tells of a person: clubs, who follows, what they gave here", () => {
  const club = { clubName: "云朵", level: 4, userFansClubStatus: 2 };
  const worn = {
    preferData: [
      { key: 1, value: { clubName: "别家", level: 9 } },
      { key: 2, value: { clubName: "旧", level: 1 } },
    ],
  };
  const user = { ...USER, fansClub: { data: club, ...worn }, followInfo: { followerCount: 12, followingCount: 3, followStatus: 1 } };
  const userLabel = { urlList: ["https://p3-webcast.douyinpic.com/img/webcast/userlabel_regular_chat.png~tplv-obj.image"] };
  const publicAreaCommon = { userConsumeInRoom: 520, userSendGiftCntInRoom: 9, userLabel };
  expect(event(envelope("ChatMessage", { common: COMMON, user, content: "a", publicAreaCommon }))).toMatchObject({
    user: {
      ...{ fansClub: { name: "云朵", level: 4, lapsed: true }, wornClub: { name: "别家", level: 9 } },
      ...{ followers: 12, following: 3, followStatus: 1, roomDiamonds: 520, roomGifts: 9, label: "regular_chat" },
    },
  });
  const bare = event(envelope("ChatMessage", { common: COMMON, user: USER, content: "a", publicAreaCommon: {} }));
  for (const field of ["wornClub", "followers", "following", "followStatus", "roomDiamonds", "roomGifts", "label"])
    expect("user" in bare && bare.user).not.toHaveProperty(field);
});

/** A message with something in each field, two levels deep. */
function filled(name: string, depth = 3): Record<string, unknown> {
  return Object.fromEntries(
    schema(name)
      .fieldsArray.filter((field) => depth > 0 || field.resolvedType === null)
      .map((field) => {
        const inner = field.resolvedType?.fullName.slice(".dylive.wire.".length);
        const plain = field.type === "string" ? "1" : field.type === "bytes" ? new Uint8Array(0) : 1;
        const value = inner === undefined ? plain : filled(inner, depth - 1);
        return [field.name, field.repeated ? [value] : value];
      }),
  );
}

test("each method that dylive knows has an event of its own, or stands in the list of those that have none", () => {
  const without = new Set(WITHOUT_EVENT.flatMap(({ methods }) => methods));
  expect(without.size).toBe(WITHOUT_EVENT.flatMap(({ methods }) => methods).length);
  for (const [method, { name }] of METHODS) {
    // The keys of the room's data have tests of their own, above.
    const payload = name === "RoomDataSyncMessage" ? data("RoomLinkMicSyncData", {}).payload : encode(name, filled(name));
    const type = normalise({ method, msgId: "1", payload }, context())?.event.type;
    expect([method, type === "unknown"]).toEqual([method, without.has(method.replace(/^Webcast/, ""))]);
  }
});
