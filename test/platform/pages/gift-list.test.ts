// Guards: The list of gifts has each gift once with what the platform says of it, or the reason why there is none.
import { describe, expect, it, onTestFinished } from "vitest";
import { GIFTS } from "../../../simulator/gifts.js";
import { startSimulator } from "../../../simulator/index.js";
import { platformAt } from "../../../src/platform/access/platform.js";
import { giftsIn, readGiftList } from "../../../src/platform/pages/gift-list.js";

const SIGNAL = new AbortController().signal;
const reply = (body: unknown, status = 200) => ({
  status,
  headers: {},
  body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
});
/** Returns an answer as it is written down, in English. */
const written = (answer: unknown): unknown => JSON.parse(JSON.stringify(answer));
const listOf = (...gifts: readonly unknown[]) => reply({ status_code: 0, data: { gifts, pages: [] } });
const one = { id: 463, name: "小心心", diamond_count: 1, combo: true, type: 1, image: { url_list: ["https://p3.example/heart.png"] } };

describe("the platform's list of gifts", () => {
  it("is read as somebody unknown: every gift with its name, price and picture", async () => {
    const simulator = await startSimulator();
    onTestFinished(() => simulator.close());
    const ask = { platform: platformAt(simulator.url), userAgent: "test" };
    const answer = await readGiftList(ask, SIGNAL);
    expect(answer).toEqual({
      gifts: GIFTS.map(({ id, name, diamonds, combo, picture }) => ({
        ...{ id, name, diamonds, combo, kind: 1 },
        icon: `https://p3-webcast.douyinpic.com/img/webcast/${picture}.png~tplv-obj.png`,
      })),
    });
    // Where a caller is suspected nothing comes; the site's own page is asked then.
    simulator.rooms.captcha();
    expect(written(await readGiftList(ask, SIGNAL))).toEqual({ reason: "gift/list answered HTTP 200 with 0 bytes" });
    const paths: string[] = [];
    const inPage = async (path: string) => {
      paths.push(path);
      return listOf(one);
    };
    expect(await readGiftList({ ...ask, inPage }, SIGNAL)).toMatchObject({ gifts: [{ id: "463", diamonds: 1 }] });
    expect(paths).toEqual([expect.stringMatching(/^\/webcast\/gift\/list\/\?aid=6383&/)]);
    const refused = { ...ask, inPage: async () => reply("<html>验证码</html>") };
    expect(written(await readGiftList(refused, SIGNAL))).toEqual({
      reason: "gift/list answered HTTP 200 with 0 bytes; the site's own page: gift/list did not answer with JSON (a captcha page)",
    });
  });

  it.each([
    ["an error of the site", reply("", 502), "gift/list answered HTTP 502 with 0 bytes"],
    ["a refusal", reply({ status_code: 10011, data: { message: "Request params error" } }), "gift/list answered status_code 10011"],
    ["no gifts", reply({ status_code: 0, data: {} }), "gift/list names no gifts"],
    ["something else", reply([]), "gift/list names no gifts"],
    ["gifts without ids", listOf({ name: "x" }, null, 7, { id: -1 }, { id: "1; DROP TABLE gifts" }), "gift/list names no gifts"],
  ])("says why it is not there: %s", (_what, answer, reason) => {
    expect(written(giftsIn(answer))).toEqual({ reason });
  });

  it.each([
    ["a price below 0", { diamond_count: -1 }, { diamonds: null }],
    ["a price beyond anything real", { diamond_count: 1e12 }, { diamonds: null }],
    ["a price that is no whole number", { diamond_count: 0.5 }, { diamonds: null }],
    ["a price in text", { diamond_count: "1" }, { diamonds: null }],
    ["a price of 0, which is free", { diamond_count: 0 }, { diamonds: 0 }],
    ["a form that is not filled in", { diamond_count: 0, name: "" }, { diamonds: null, name: null }],
    ["a name that a store refuses", { name: "心\0\ud800\u001b[2J" }, { name: "心\ufffd\u001b[2J" }],
    ["a name without end", { name: "长".repeat(5000) }, { name: "长".repeat(512) }],
    ["an address that is no picture's", { image: { url_list: ["javascript:alert(1)"] } }, { icon: null }],
    ["an address without encryption", { image: { url_list: ["http://p3.example/a.png"] } }, { icon: "https://p3.example/a.png" }],
    [
      "a picture under its other name",
      { image: null, icon: { url_list: ["https://p3.example/b.png"] } },
      { icon: "https://p3.example/b.png" },
    ],
    ["an id beyond a number", { id: "7691348205992268834" }, { id: "7691348205992268834" }],
    ["kinds and combos that nobody tells", { combo: "yes", type: null }, { combo: null, kind: null }],
  ])("reads %s", (_what, told, read) => {
    expect(giftsIn(listOf({ ...one, ...told }))).toMatchObject({ gifts: [read] });
  });

  it("reads the pages of a reply of 2023", () => {
    const paged = reply({ status_code: 0, data: { pages: [{ gifts: [{ ...one, id: 1 }] }, { gifts: [{ ...one, id: 2 }] }, null] } });
    expect(giftsIn(paged)).toMatchObject({ gifts: [{ id: "1" }, { id: "2" }] });
  });

  it("is bounded, and has each gift once", () => {
    const many = Array.from({ length: 12_000 }, (_, at) => ({ ...one, id: at + 1 }));
    const answer = giftsIn(listOf({ ...one, id: 1, name: "first" }, ...many));
    const read = "gifts" in answer ? answer.gifts : [];
    expect([read.length, read[0]?.name]).toEqual([10_000, "first"]);
  });
});
