// Guards: Every page and overlay is free of serious findings of axe and no wider than the screen.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat, gift, join, person, stats } from "../http/events.js";
import { until } from "../until.js";
import { workOf } from "../works/work.js";
import { Dashboard, seriousIn } from "./dashboard.js";

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 10, 20, 12);
const SESSION = "7800000001";
const WORK = "7634721010233110528";

/** Every page by the name of its route, at addresses where it has something to show, with what is there then. */
const PAGES: Readonly<Record<string, readonly (readonly [path: string, there: string])[]>> = {
  rooms: [["/rooms", "main form"]],
  room: [["/rooms/1", ".feed li"]],
  sessions: [["/sessions", "[data-session]"]],
  session: [[`/rooms/1/sessions/${SESSION}`, "canvas"]],
  moment: [["/rooms/1/at/5", "[data-here]"]],
  compare: [
    ["/compare", "[role=status]"],
    [`/compare?sessions=1/${SESSION},2/${SESSION.replace(/1$/, "2")}`, "[data-minute]"],
  ],
  search: [
    ["/search?q=分钟的话", "[data-outcome]"],
    ["/search?find=people&q=小", "[data-outcome]"],
  ],
  works: [
    ["/works", "main form"],
    [`/works/${WORK}`, "main h2"],
  ],
  overlay: [["/overlay", "main h1"]],
  settings: ["accounts", "tokens", "hooks", "outputs", "storage", "about"].map((part) => [`/settings/${part}`, ".panel"] as const),
  none: [["/nowhere", "main h1"]],
};
const OVERLAYS = ["danmu", "flying", "gifts", "top", "viewers", "goal"];

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start([]);
  const { store } = dashboard.app;
  for (const [at, name] of ["800000001", "800000002"].entries()) {
    const room = await store.rooms.ensure([{ kind: "web_rid", value: name }], { webRid: name, title: "夜话" });
    const [sessionId, from] = [`7${name}`, T0 + at * 24 * 60 * MINUTE];
    await store.sessions.open(room, sessionId, from, "夜话");
    await store.sessions.end(room, sessionId, from + 5 * MINUTE, "announced");
    const epoch = await store.rooms.claim(room);
    const events = Array.from({ length: 5 }, (_, n) => {
      const user = person({ id: `${500 + n}`, nickname: `小鱼 ${n}` });
      const about = { sessionId, room, time: from + n * MINUTE, receivedAt: from + n * MINUTE, user };
      const { user: _user, ...alone } = about;
      const given = { comboId: `${name} ${n}`, settled: true, unitDiamonds: 50, diamonds: 50 };
      return [chat(`第 ${n} 分钟的话`, about), join(about), gift(1, { ...about, ...given }), stats({ ...alone, online: 100 + n })];
    });
    await store.log.append([{ room, epoch, events: events.flat() }]);
  }
  await store.works.keep(workOf(WORK), null);
  const { statistics, search } = store;
  await until(async () => (await statistics.behind()) === 0 && (await search.behind()) === 0);
});
afterAll(() => dashboard.close());

const LARGE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

describe.each([
  ["zh-CN", "light", LARGE],
  ["en-US", "dark", PHONE],
] as const)("in %s, %s, %j", (locale, colorScheme, viewport) => {
  it("nothing is wrong with any page for those who read it by other means, and none is wider than the screen", async () => {
    const named = [...readFileSync("web/src/router.ts", "utf8").matchAll(/ name: "(\w+)"/g)].map(([, name]) => name);
    expect(named.sort()).toEqual(Object.keys(PAGES).sort());
    const page = await dashboard.open(`#token=${dashboard.token}`, { locale, colorScheme, viewport });
    await page.waitForSelector("header nav a");
    const wrong: unknown[] = [];
    for (const [path, there] of Object.values(PAGES).flat()) {
      await page.goto(`${dashboard.app.url}/#${path}`);
      await page.locator(there).first().waitFor({ state: "attached" });
      const found = await seriousIn(page);
      const width = await page.evaluate<number>("document.documentElement.scrollWidth");
      if (found.length > 0 || width > viewport.width) wrong.push({ path, found, width });
      await dashboard.shoot(page, `${path.slice(1).replaceAll(/\W+/g, "-")}-${locale}-${colorScheme}-${viewport.width}`);
    }
    expect(wrong).toEqual([]);
    expect(await dashboard.closePages()).toEqual([]);
  });

  it("nothing is wrong with any overlay, nor with the page that asks for a token", async () => {
    const wrong: unknown[] = [];
    const lang = locale.slice(0, 2);
    for (const address of [...OVERLAYS.map((kind) => `overlay.html#room=1&token=${dashboard.token}&kind=${kind}&lang=${lang}`), ""]) {
      const page = await dashboard.open(address, { locale, colorScheme, viewport });
      await page
        .locator(address === "" ? "form" : "#overlay > *")
        .first()
        .waitFor({ state: "attached" });
      const found = await seriousIn(page);
      if (found.length > 0) wrong.push({ address, found });
    }
    expect(wrong).toEqual([]);
    expect(await dashboard.closePages()).toEqual([]);
  });
});
