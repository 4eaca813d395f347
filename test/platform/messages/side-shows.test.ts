// Guards: Goods, battles, links and lotteries say who, what and how it stands.
import { describe, expect, test } from "vitest";
import { envelope } from "./encode.js";
import { COMMON, event, USER } from "./normalised.js";

describe("goods, battles, links and lotteries", () => {
  test("products", () => {
    const ids = { promotionId: "3501", updatedProductIds: ["3501", "3502"] };
    const updatedProductInfo = { title: "面膜", price: 9900 };
    const made = event(envelope("LiveShoppingMessage", { common: COMMON, msgType: 9, ...ids, updatedProductInfo, ecomNotice: "上新" }));
    expect(made).toMatchObject({
      ...{ type: "product", action: "type_9", text: "上新" },
      products: [
        { id: "3501", title: "面膜", price: 9900 },
        { id: "3502", title: null, price: null },
      ],
    });
    const updated = (ids: string[]) => {
      const updatedProductInfo = { title: "面膜", cover: "http://p3.example/a.png" };
      return event(envelope("LiveShoppingMessage", { common: COMMON, updatedProductIds: ids, updatedProductInfo }));
    };
    expect(updated(["3501"])).toMatchObject({ products: [{ id: "3501", title: "面膜", cover: "https://p3.example/a.png" }] });
    // Which of several it describes, it does not say.
    expect(updated(["3501", "3502"])).toMatchObject({ products: [{ title: null, cover: null }, { title: null }] });
    expect(event(envelope("ProductChangeMessage", { common: COMMON, updateProductInfo: [{ promotionId: "8" }] }))).toMatchObject({
      ...{ action: "list_changed", products: [{ id: "8" }] },
    });
  });

  test("battles", () => {
    const battleSettings = { battleId: "7624", theme: "PK" };
    const battleScores = [
      { score: 9, userId: "5", battleRank: 1 },
      { score: 3, userIdStr: "6" },
    ];
    const finish = { common: COMMON, battleSettings, battleScores };
    const begin = envelope("LinkMicBattle", { common: COMMON, battleSettings }, "1", "WebcastLinkMicBattleMethod");
    expect(event(begin)).toMatchObject({ type: "battle", battleId: "7624", phase: "running" });
    expect(event(envelope("LinkMicBattleFinish", finish, "1", "WebcastLinkMicBattleFinishMethod"))).toMatchObject({
      phase: "finished",
      scores: [
        { userId: "5", score: 9, rank: 1 },
        { userId: "6", score: 3, rank: null },
      ],
    });
    const armies = envelope("LinkMicArmies", { common: COMMON, topShowText: "助力" }, "1", "WebcastLinkMicArmiesMethod");
    expect(event(armies)).toMatchObject({ phase: "helpers", text: "助力" });
  });

  test("links for which guests pay, and scores of those who are linked", () => {
    const paid = { common: COMMON, msgType: 7, normalPaidLinkmicOpenContent: { waitingUserToast: "主播已开启付费连线" } };
    expect(event(envelope("LinkmicProfitMessage", paid))).toMatchObject({ type: "linkmic", code: 7, text: "主播已开启付费连线" });
    const anchorInfos = [
      { key: "65305021017", value: { score: "326" } },
      { key: "6", value: { score: "" } },
    ];
    expect(event(envelope("ProfitInteractionScoreMessage", { common: COMMON, anchorInfos, channelId: "9" }))).toMatchObject({
      ...{ type: "linkmic", action: "scores", channelId: "9" },
      scores: [{ userId: "65305021017", score: 326, rank: null }],
    });
  });

  test("links", () => {
    const scores = { common: COMMON, messageType: 202, channelId: "5", userScores: [{ score: 63434, userId: "5", battleRank: 3 }] };
    const told = { type: "linkmic", code: 202, channelId: "5", scores: [{ userId: "5", score: 63434, rank: 3 }] };
    for (const method of ["WebcastLinkMicMethod", "LinkMicMethod"])
      expect(event(envelope("LinkMicMethod", scores, "1", method))).toMatchObject(told);
    const enter = { common: COMMON, messageType: 6, linkerId: "7", enterContent: { linkedUsers: [{ user: USER }] } };
    expect(event(envelope("LinkMessage", enter))).toMatchObject({ action: "enter", code: 6, channelId: "7", users: [{ id: USER.id }] });
  });

  test.each([
    [
      "LuckyBoxMessage",
      { diamondCount: 1000, boxId: "77", title: "红包", user: USER },
      { type: "lottery", action: "box", lotteryId: "77", diamonds: 1000, text: "红包" },
    ],
    [
      "LotteryDrawResultEventMessage",
      { lotteryId: "8", userIds: ["1", "2"] },
      { action: "draw", lotteryId: "8", winners: ["1", "2"], diamonds: null },
    ],
    ["LotteryEventNewMessage", { lotteryId: "8", awardName: "手机" }, { text: "手机" }],
    ["LuckyBoxRewardMessage", { boxIdStr: "b1", rewardedUserId: ["1"] }, { lotteryId: "b1" }],
    ["LuckyBoxEndMessage", { boxId: "9" }, { action: "box_end" }],
  ])("lotteries of %s", (name, message, told) => {
    expect(event(envelope(name, { common: COMMON, ...message }))).toMatchObject(told);
  });
});
