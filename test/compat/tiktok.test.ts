// Guards: Messages in the style of TikTok-Live-Connector have its names, and each combo counts once.
import { describe, expect, it } from "vitest";
import { tiktok } from "../../src/compat/tiktok.js";
import { rendered } from "./golden.js";
import { ABOUT, sample } from "./samples.js";

const ASKED = { room: null, idsAsText: false };
const read = (name: string) => JSON.parse(tiktok.write(sample(name), ABOUT, ASKED)?.text ?? "null");

describe("messages in the style of TikTok-Live-Connector", () => {
  it("are as in the golden file", async () => {
    await expect(rendered(tiktok, ASKED)).toMatchFileSnapshot("golden/tiktok.txt");
  });

  it("let a reader count each combo once: by what has repeatEnd", () => {
    const gifts = ["gift in a combo", "end of a combo", "gift by itself, to a guest"].map((name) => read(name).data);
    const counted = gifts.filter(({ giftType, repeatEnd }) => !(giftType === 1 && !repeatEnd));
    expect(counted.map(({ giftName, repeatCount }) => [giftName, repeatCount])).toEqual([
      ["小心心", 8],
      ["粉丝灯牌", 1],
    ]);
    expect(gifts[2]).toMatchObject({ receiverUserId: "42", giftId: 685 });
  });
});
