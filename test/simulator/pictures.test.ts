// Guards: Each gift and person has a picture of its own, always the same, at the addresses of pictures alone.
import { expect, it } from "vitest";
import { GIFTS } from "../../simulator/gifts.js";
import { pictureAt } from "../../simulator/pictures.js";

const drawn = (host: string, path: string) => pictureAt({ host, path })?.body;

it("draws a picture of its own for each gift, and for each person always the same", () => {
  const gifts = GIFTS.map(({ picture }) => drawn("p3-webcast.douyinpic.com", `/img/webcast/${picture}.png~tplv-obj.png`));
  const unknown = drawn("p3-webcast.douyinpic.com", "/img/webcast/emoji_big.png~tplv-obj.image");
  expect(new Set([...gifts, unknown]).size).toBe(GIFTS.length + 1);
  expect(gifts).not.toContain(undefined);
  const person = (size: string, id: string, host = "p3.douyinpic.com") => drawn(host, `/aweme/${size}/aweme-avatar/tos_${id}.jpeg`);
  expect(person("100x100", "a", "p11.douyinpic.com")).toBe(person("720x720", "a"));
  expect(new Set(["a", "b", "c", "d"].map((id) => person("100x100", id))).size).toBe(4);
});

it("leaves other addresses to others", () => {
  for (const [host, path] of [
    ["live.douyin.com", "/aweme-avatar/a.jpeg"],
    ["p3-pc.douyinpic.com", "/aweme/100x100/aweme-avatar/tos_a.jpeg"],
    ["p3-sign.douyinpic.com", "/tos-cn-i-0813/0123~noop.jpeg"],
  ] as const)
    expect(drawn(host, path)).toBeUndefined();
});
