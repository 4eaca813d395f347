// Guards: a first visitor pastes a link on the built page, sees the room's chat, and meets no serious finding of axe.
import { afterAll, beforeAll, expect, it } from "vitest";
import { Dashboard, seriousIn } from "../browser/dashboard.js";

const SHARED = "7.43 dnd:/ 【阿梨唱歌】正在直播，来和我一起支持TA吧。复制下方链接，打开【抖音】 https://v.douyin.com/DEMO2/ 直接观看直播！";

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start();
});
afterAll(() => dashboard.close());

it("shows a pasted room's chat, without a finding of axe or an error in the console", async () => {
  const page = await dashboard.open(`#token=${dashboard.token}`);
  await page.waitForSelector("#paste:focus");
  expect(await seriousIn(page)).toEqual([]);
  await page.fill("#paste", SHARED);
  await page.keyboard.press("Enter");
  await page.locator(".feed li").first().waitFor();
  expect(await seriousIn(page)).toEqual([]);
  expect(await dashboard.closePages()).toEqual([]);
});
