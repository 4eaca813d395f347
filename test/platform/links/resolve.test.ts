// Guards: A pasted text names its room and what that is, as the document's table says; what cannot be told is unknown, with the step.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demoRooms, type RoomScenario, type Simulator, startSimulator } from "../../../simulator/index.js";
import { isPlatformHost, type Platform, platformAt } from "../../../src/platform/access/platform.js";
import { Visitor } from "../../../src/platform/access/visitor.js";
import { answerOf, resolveText, StepError } from "../../../src/platform/links/resolve.js";

const DOCUMENT = readFileSync(fileURLToPath(new URL("../../../docs/rooms-and-links.md", import.meta.url)), "utf8");
const SIGNAL = new AbortController().signal;
const quiet = { kind: "talk", state: "live", title: "t", clubName: "c", viewers: 5, everySeconds: {} } as const;
const ROOMS: readonly RoomScenario[] = [
  ...demoRooms(),
  { ...quiet, webRid: "100000008", anchor: "电台", audio: true },
  { ...quiet, webRid: "100000009", customId: "cctv.com", anchor: "央视" },
  { ...quiet, webRid: "100000010", anchor: "账号已注销" },
];

let simulator: Simulator;
let canary: Server;
let canaryHits = 0;
const secUids = new Map<string, string>();

/** A platform that notes whom it asks, and who of them is sent cookies. */
function watched(asked: string[], sentCookies: string[] = []): Platform {
  const inner = platformAt(simulator.url);
  return {
    ...inner,
    get: (host, path, headers, signal) => {
      asked.push(host);
      if ("cookie" in headers) sentCookies.push(host);
      return inner.get(host, path, headers, signal);
    },
  };
}

beforeAll(async () => {
  simulator = await startSimulator({ rooms: ROOMS });
  canary = createServer((_request, response) => response.end(`${++canaryHits}`)).listen(0, "127.0.0.1");
  await once(canary, "listening");
  for (const { webRid } of ROOMS) {
    const answer = await resolveText(webRid, { platform: platformAt(simulator.url), visitor: new Visitor("t") }, SIGNAL);
    if ("facts" in answer.resolved) secUids.set(webRid, answer.resolved.facts.anchor?.secUid ?? "");
  }
  const local = `127.0.0.1:${(canary.address() as AddressInfo).port}`;
  for (let i = 0; i < 9; i++) simulator.rooms.shortLink(`LONG${i}`, `https://v.douyin.com/LONG${i + 1}/`);
  const links = {
    LOOP: "https://v.douyin.com/LOOP2/",
    LOOP2: "https://v.douyin.com/LOOP/",
    FOREIGN: "https://evil.example/douyin/webcast/reflow/7000000000000000000",
    LOOPBACK: `http://${local}/@live.douyin.com/100000001`,
    PRIVATE: "http://192.168.1.1/100000001",
    METADATA: "http://169.254.169.254/latest/meta-data/",
    USERINFO: `https://live.douyin.com:443@${local}/100000001`,
    LOOKALIKE: "https://live.douyin.com.evil.example/100000001",
    SCRIPT: "javascript:alert(1)",
    PORT: "https://live.douyin.com:8443/100000001",
    GARBAGE: "https://[::",
    HOME: "https://www.douyin.com/",
    RELATIVE: "/DEMO1/",
    TWICE: "https://www.douyin.com/follow/live/100000001",
    NOTE: "https://www.douyin.com/note/7321234567890123456?previous_page=app_code_link",
    MIX: "https://www.iesdouyin.com/share/mix/detail/7321234567890123456/?u_code=x",
    XIGUA: "https://www.ixigua.com/7321234567890123456",
    VIDEO: "https://www.iesdouyin.com/share/video/7321234567890123456/?region=CN",
  };
  for (const [code, location] of Object.entries(links)) simulator.rooms.shortLink(code, location);
});
afterAll(async () => {
  await simulator.close();
  canary.close();
});

interface Row {
  readonly shown: string;
  readonly answer: string;
  readonly step: string;
}

const table: readonly Row[] = DOCUMENT.slice(DOCUMENT.indexOf("## What was tried"))
  .split("\n")
  .flatMap((line) => {
    const [, shown, answer, step] = /^\| `(.+)` \| (\w+) \| (\S+) \|$/.exec(line) ?? [];
    return shown === undefined || answer === undefined || step === undefined ? [] : [{ shown, answer, step }];
  });

function textOf(shown: string): string {
  return shown
    .replace(/\{(nul|zw|nl)\}/g, (_all, name: string) => ({ nul: "\0", zw: "\u200b" })[name] ?? "\n")
    .replace(/\{(x+)\*(\d+)\}/g, (_all, letters: string, times: string) => letters.repeat(Number(times)))
    .replace(/\{room:(\d+)\}/g, (_all, id: string) => simulator.roomId(id) ?? "")
    .replace(/\{sec:(\d+)\}/g, (_all, id: string) => secUids.get(id) ?? "");
}

describe("the document's table", () => {
  it("has at least 40 texts, each once", () => {
    expect(table.length).toBeGreaterThanOrEqual(40);
    expect(new Set(table.map(({ shown }) => shown)).size).toBe(table.length);
    expect(DOCUMENT.slice(DOCUMENT.indexOf("| text |")).match(/^\|/gm)).toHaveLength(table.length + 2);
  });

  it.each(table.map((row) => [row.shown, row] as const))("%s", async (_shown, { shown, answer, step }) => {
    const asked: string[] = [];
    const text = textOf(shown);
    const ask = { platform: watched(asked), visitor: new Visitor("test") };
    if (answer === "bad_room") {
      await expect(resolveText(text, ask, SIGNAL)).rejects.toMatchObject({ code: "bad_room" });
      expect(asked.length > 0).toBe(step !== "-");
    } else {
      const { resolved } = await resolveText(text, ask, SIGNAL);
      expect([answerOf(resolved), resolved.step]).toEqual([answer, step]);
    }
    for (const host of asked) expect(isPlatformHost(host)).toBe(true);
    expect(canaryHits).toBe(0);
  });
});

describe("resolveText", () => {
  const ask = () => ({ platform: platformAt(simulator.url), visitor: new Visitor("test") });

  it("gives the room's facts, and the visitor what a connection needs", async () => {
    const with_ = ask();
    const { name, broadcast, resolved } = await resolveText("https://v.douyin.com/DEMO1/", with_, SIGNAL);
    const roomId = simulator.roomId("100000001");
    expect(name).toEqual({ kind: "web_rid", value: "100000001" });
    expect(broadcast).toBe(roomId);
    expect(resolved).toMatchObject({
      outcome: "live",
      webRid: "100000001",
      roomId,
      facts: {
        title: "秋冬新款清仓 全场包邮",
        anchor: { nickname: "小棉袄优选", secUid: secUids.get("100000001") },
        cover: expect.stringMatching(/^https:\/\/p3-webcast/),
        online: "812",
        totalViewers: "1.1万",
        status: 2,
        audio: false,
      },
    });
    expect(with_.visitor.userUniqueId).toMatch(/^\d{19}$/);
    expect(with_.visitor.isAdmitted).toBe(true);
  });

  it("finds the anchor's present broadcast by one that is over", async () => {
    const spent = simulator.roomId("100000003") ?? "";
    const now = simulator.rooms.restart("100000003");
    const answer = await resolveText(spent, ask(), SIGNAL);
    expect(answer).toMatchObject({ broadcast: spent, resolved: { outcome: "live", roomId: now } });
  });

  it("is unknown behind a captcha, never not found; what the share page knows still counts", async () => {
    simulator.rooms.captcha();
    try {
      for (const text of ["100000001", "999999999", "cctv.com"])
        expect((await resolveText(text, ask(), SIGNAL)).resolved).toMatchObject({ outcome: "unknown", step: "page" });
      const id = simulator.roomId("100000001");
      expect((await resolveText(id ?? "", ask(), SIGNAL)).resolved).toMatchObject({ outcome: "live", step: "reflow", roomId: id });
      const sec = (await resolveText(secUids.get("100000005") ?? "", ask(), SIGNAL)).resolved;
      expect(sec).toMatchObject({ outcome: "offline", why: "ended", step: "reflow" });
      const nobody = (await resolveText(`MS4wLjABAAAA${"z".repeat(43)}`, ask(), SIGNAL)).resolved;
      expect(nobody).toMatchObject({ outcome: "unknown", step: "profile" });
    } finally {
      simulator.rooms.captcha(false);
    }
  });

  it.each([200, 403, 444, 500, 503])("takes an empty HTTP %i for unknown, and names the step", async (status) => {
    const texts = [
      ["live.douyin.com", "100000001", "page"],
      ["v.douyin.com", "https://v.douyin.com/DEMO1/", "short_link"],
      ["webcast.amemv.com", simulator.roomId("100000001") ?? "", "reflow"],
    ] as const;
    for (const [host, text, step] of texts) {
      simulator.rooms.breakHost(host, status);
      try {
        expect((await resolveText(text, ask(), SIGNAL)).resolved).toMatchObject({ outcome: "unknown", step });
      } finally {
        simulator.rooms.breakHost(host, null);
      }
    }
  });

  it("reads the profile when the share page's interface says nothing", async () => {
    simulator.rooms.breakHost("webcast.amemv.com", 200);
    try {
      const asked: string[] = [];
      const { resolved } = await resolveText(secUids.get("100000002") ?? "", { ...ask(), platform: watched(asked) }, SIGNAL);
      expect(resolved).toMatchObject({ outcome: "live", webRid: "100000002", step: "page" });
      expect(asked).toContain("www.douyin.com");
    } finally {
      simulator.rooms.breakHost("webcast.amemv.com", null);
    }
  });

  it("asks web/enter only by the site's own page, and only where our page says nothing", async () => {
    const paths: string[] = [];
    const inPage = (path: string, signal: AbortSignal) => {
      paths.push(path);
      // The site's page would sign here; the simulator takes any value.
      return platformAt(simulator.url).get("live.douyin.com", `${path}&a_bogus=page`, { cookie: "ttwid=1" }, signal);
    };
    expect((await resolveText("100000001", { ...ask(), inPage }, SIGNAL)).resolved.step).toBe("page");
    expect(paths).toEqual([]);
    const { get, ...platform } = platformAt(simulator.url);
    const unread: Platform = {
      ...platform,
      get: async (host, _path, ...rest) => ({ ...(await get(host, "/nothing/here/x", ...rest)), status: 200 }),
    };
    const entered = async (text: string) =>
      (await resolveText(text, { visitor: new Visitor("t"), platform: unread, inPage }, SIGNAL)).resolved;
    expect(await entered("100000001")).toMatchObject({ outcome: "live", step: "enter", facts: { online: "812", status: 2 } });
    expect(await entered("100000008")).toMatchObject({ outcome: "live", facts: { audio: true } });
    expect(await entered("100000005")).toMatchObject({ outcome: "offline", why: "ended", step: "enter" });
    expect(await entered("100000004")).toMatchObject({ outcome: "offline", why: "no_room", step: "enter" });
    expect(JSON.parse(JSON.stringify(await entered("999999999")))).toEqual({
      outcome: "no_account",
      step: "enter",
      reason: "web/enter knows no such room (status_code 4001038, 内容不可见)",
    });
    expect(paths.every((path) => path.startsWith("/webcast/room/web/enter/?") && !path.includes("a_bogus"))).toBe(true);
    simulator.rooms.captcha();
    expect(await entered("100000001")).toMatchObject({ outcome: "unknown", step: "enter" });
    simulator.rooms.captcha(false);
  });

  it("sends cookies to nobody but the room page", async () => {
    const [asked, sentCookies]: [string[], string[]] = [[], []];
    const platform = watched(asked, sentCookies);
    const visitor = new Visitor("test");
    visitor.adopt([["sessionid", "secret"]]);
    simulator.rooms.breakHost("webcast.amemv.com", 200);
    await resolveText(`https://www.douyin.com/user/${secUids.get("100000002")}`, { platform, visitor }, SIGNAL);
    simulator.rooms.breakHost("webcast.amemv.com", null);
    await resolveText("https://v.douyin.com/DEMO2/", { platform, visitor }, SIGNAL);
    expect([[...new Set(sentCookies)], new Set(asked).size]).toEqual([["live.douyin.com"], 4]);
  });

  it("is live in each form of its page, and asked of web/enter where the page cannot be read", async () => {
    const ask = { platform: platformAt(simulator.url), visitor: new Visitor("t") };
    const seen = async (more: object = {}) => answerOf((await resolveText("100000001", { ...ask, ...more }, SIGNAL)).resolved);
    for (const form of ["referred", "attribute", "plain"] as const) {
      simulator.rooms.page("100000001", form);
      expect(await seen(), form).toBe("live");
    }
    simulator.rooms.page("100000001", "missing");
    expect(await seen()).toBe("unknown");
    const inPage = (path: string, signal: AbortSignal) =>
      ask.platform.get("live.douyin.com", `${path}&a_bogus=signed`, ask.visitor.headers({}), signal);
    expect(await seen({ inPage })).toBe("live");
    simulator.rooms.page("100000001", "plain");
  });

  it("names the step that the network broke", async () => {
    const gone = platformAt("http://127.0.0.1:1");
    for (const [text, step] of [
      ["https://v.douyin.com/DEMO1/", "short_link"],
      ["7000000000000000000", "reflow"],
      ["100000001", "page"],
    ] as const) {
      const failed = await resolveText(text, { platform: gone, visitor: new Visitor("t") }, SIGNAL).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(StepError);
      expect(failed).toMatchObject({ step, code: "unreachable" });
    }
  });
});
