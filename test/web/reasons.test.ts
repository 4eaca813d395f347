import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { LiveEvent, Room } from "../../web/src/api/model.js";
import { isolated, seen } from "../../web/src/i18n/strangers.js";
import { MESSAGES, reasonIn } from "../../web/src/i18n/tables.js";
import { lineOf, saidBy } from "../../web/src/room/line.js";
import { nameOf } from "../../web/src/rooms/truth.js";
import { workName } from "../../web/src/works/work-words.js";
import { chat, gift, person } from "../http/events.js";
import { ENGLISH, reasonsOfRooms } from "../i18n/sentences.js";

const TABLES = "web/src/i18n/zh";

function system(text: string): LiveEvent {
  const { user: _, ...base } = chat("");
  return { ...base, seq: 1, type: "system", kind: "gifts.suppressed", text } as unknown as LiveEvent;
}

describe("what the server says of rooms", () => {
  const told = reasonsOfRooms();

  it("is said in Chinese in the dashboard: every reason of a state, a session or a gap", () => {
    expect(told.length).toBeGreaterThan(60);
    const missing = told.filter(({ text }) => ENGLISH.test(reasonIn(text, MESSAGES.zh).replace(/`[^`]*`/g, "…")));
    expect(missing.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });

  const SINCE = "2026-11-27T20:00:00.000Z";
  const REMEDY = "Use your own everyday browser first (DYLIVE_CDP); see docs/login-and-gifts.md";
  it.each([
    [
      `room 12: the platform keeps gifts from us since ${SINCE} (as a guest): its ranks rose by 5 diamonds for which no gift came (by 9 in all). ${REMEDY}`,
      `直播间 12：从 ${SINCE} 起，平台不向我们发送礼物（游客）：榜单涨了 9 抖币，其中 5 抖币没有收到礼物。先改用你自己日常的浏览器（DYLIVE_CDP）；见 docs/login-and-gifts.md`,
    ],
    [
      `room 12: the platform keeps gifts from session account:main since ${SINCE} (as account main): its ranks, or the gifts of other sessions, rose by 5 diamonds for which no gift came (by 9 in all). ${REMEDY}`,
      `直播间 12：从 ${SINCE} 起，平台不向会话 account:main 发送礼物（账号 main）：榜单或其他会话收到的礼物涨了 9 抖币，其中 5 抖币没有收到礼物。先改用你自己日常的浏览器（DYLIVE_CDP）；见 docs/login-and-gifts.md`,
    ],
    [
      `room 12: gifts reach us again since ${SINCE} (as 1 of its 2 sessions: guest): they explain what the platform's ranks rise by`,
      `直播间 12：从 ${SINCE} 起，我们又收到礼物（2 个会话中的 1 个：guest），与榜单的涨幅相符`,
    ],
    [
      `room 12: session guest (as a guest) is sent nothing since ${SINCE}: it is connected, and not one message comes. ${REMEDY}`,
      `直播间 12：会话 guest（游客）从 ${SINCE} 起什么也没有收到：已连接，但没有收到任何消息。先改用你自己日常的浏览器（DYLIVE_CDP）；见 docs/login-and-gifts.md`,
    ],
    ["dylive was not collecting", "dylive 没有在采集"],
    ["reading the room page failed: GET live.douyin.com failed: ENOTFOUND", "读取直播间页面失败：请求 live.douyin.com 失败：ENOTFOUND"],
  ])("%s", (english, chinese) => {
    expect(lineOf(system(english), MESSAGES.zh)).toBe(chinese);
    expect(lineOf(system(english), MESSAGES.en)).toBe(english);
  });
});

describe("a line of our words with a stranger's among them", () => {
  const RLO = "\u202e";

  it("is turned by none of theirs: each stands alone, and can neither steer nor end that", () => {
    const bad = `${RLO}\u2069${RLO}坏人`;
    expect(isolated(bad)).toBe("\u2068坏人\u2069");
    expect(isolated("")).toBe("");
    const given = { ...gift(1, { gift: { id: "1", name: bad, icon: null }, user: person({ nickname: bad }) }), seq: 1 } as LiveEvent;
    const said = { ...chat(bad, { user: person({ nickname: bad }) }), seq: 1 } as LiveEvent;
    for (const m of [MESSAGES.zh, MESSAGES.en]) {
      expect(saidBy(given, m)).toBe(`${m.room.row.sent} \u2068坏人\u2069 ×1`);
      expect(lineOf(given, m)).toBe(`\u2068坏人\u2069 ${m.room.row.sent} \u2068坏人\u2069 ×1`);
      expect(lineOf(said, m)).toBe(m.room.row.chat(isolated(bad), isolated(bad)));
    }
  });

  it("takes none as they are: what a sentence has of strings is ours, by the name of its place", () => {
    // Figures, times and lengths as we write them, words of our own, and what the operator chose of a few letters.
    const ours =
      "account ago all at atLeast column diamonds engine error from id length limits n now rate reason role session share size state status there time to told type units usual value when why wish";
    const places = readdirSync(TABLES).flatMap((file) =>
      [...readFileSync(`${TABLES}/${file}`, "utf8").matchAll(/[(,] ?(\w+): (?:readonly )?string\b/g)].map(
        ([, name = ""]) => `${file}: ${name}`,
      ),
    );
    expect(places.length).toBeGreaterThan(40);
    const others = places.filter((place) => !ours.split(" ").includes(place.split(": ")[1] ?? ""));
    // A token's name is no sentence; a zone is the browser's, a method's name letters.
    expect(others.filter((place) => !/^(overlay.ts: room|search.ts: zone|room.ts: method)$/.test(place))).toEqual([]);
  });

  it("has none that shows nothing for a title", () => {
    expect(["", " ", "\u3000\u200b", "\u202e", "\u2800", null, undefined].map(seen)).toEqual(Array(7).fill(""));
    expect(seen(" 夜话 ")).toBe(" 夜话 ");
    const about = { id: "7", webRid: "98765", anchor: null } as Room;
    expect(nameOf({ ...about, title: "\u3000\u200b" }, MESSAGES.en)).toBe("room 98765");
    expect(workName({ id: "7", title: " \u200b", text: "\u3000" }, MESSAGES.en)).toBe("Work 7");
  });
});
