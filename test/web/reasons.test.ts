// Guards: The dashboard says every reason of a room in Chinese, and no stranger's text can turn a line of ours.
import { describe, expect, it } from "vitest";
import type { LiveEvent, Room, WorkPace } from "../../web/src/api/model.js";
import { isolated, seen } from "../../web/src/i18n/strangers.js";
import { MESSAGES, reasonIn } from "../../web/src/i18n/tables.js";
import { lineOf, saidBy } from "../../web/src/room/line.js";
import { nameOf, truthOf } from "../../web/src/rooms/truth.js";
import { runWords } from "../../web/src/works/comment-words.js";
import { progressOf } from "../../web/src/works/progress.js";
import { workName } from "../../web/src/works/work-words.js";
import { roomStatus } from "../health/status.js";
import { chat, gift, person } from "../http/events.js";
import { ENGLISH, reasonsOfRooms } from "../i18n/sentences.js";
import { runOf } from "../works/comment.js";

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

  it.each([
    [
      "room 12: the platform keeps gifts from session account:main since 2026-11-27T20:00:00.000Z (as account main): its ranks, or the gifts of other sessions, rose by 5 diamonds for which no gift came (by 9 in all). Use your own everyday browser first (DYLIVE_CDP); see docs/login-and-gifts.md",
      "直播间 12：从 2026-11-27T20:00:00.000Z 起，平台不向会话 account:main 发送礼物（账号 main）：榜单或其他会话收到的礼物涨了 9 抖币，其中 5 抖币没有收到礼物。先改用你自己日常的浏览器（DYLIVE_CDP）；见 docs/login-and-gifts.zh.md",
    ],
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

  it("takes none as they are: what is not isolated does not compile", () => {
    const why = `${RLO}why`;
    for (const m of [MESSAGES.zh, MESSAGES.en]) {
      // @ts-expect-error what the server says, as it came
      expect(m.comments.run.reason(why)).toContain(RLO);
      expect(m.comments.run.reason(isolated(why))).toContain("\u2068why\u2069");
    }
  });

  it("isolates what the server says", () => {
    const why = `${RLO}why`;
    const login = { account: why, login: "guest" } as const;
    const status = roomStatus({ state: "failed", evidence: { since: 1, reason: why, login } }) as unknown as Room["status"];
    const run = runOf("7", { startedAt: 0, endedAt: 1, endedBy: "blocked", reason: why });
    const pace = { waiting: 0, reading: why, nextAt: null, pausedUntil: 1, lastRefusal: why } as WorkPace;
    for (const lang of ["zh", "en"] as const) {
      const m = MESSAGES[lang];
      const lines = [
        ...truthOf({ watch: "on", status }, 1, m, lang).map(({ text }) => text),
        ...runWords({ run, running: false }, 1, m, lang).lines,
        ...progressOf(pace, 1, m, lang),
      ].filter((line) => line.includes("why"));
      expect(lines).toHaveLength(5);
      for (const line of lines) expect(line).toMatch(/^[^\u202e]*\u2068why\u2069[^\u202e]*$/);
    }
  });

  it("has none that shows nothing for a title", () => {
    expect(["", " ", "\u3000\u200b", "\u202e", "\u2800", null, undefined].map(seen)).toEqual(Array(7).fill(""));
    expect(seen(" 夜话 ")).toBe(" 夜话 ");
    const about = { id: "7", webRid: "98765", anchor: null } as Room;
    expect(nameOf({ ...about, title: "\u3000\u200b" }, MESSAGES.en)).toBe("room \u206898765\u2069");
    expect(workName({ id: "7", title: " \u200b", text: "\u3000" }, MESSAGES.en)).toBe("Work \u20687\u2069");
  });
});
