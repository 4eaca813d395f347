// Guards: A channel shows people each alarm as its service takes it, in their language, without a secret and no faster than it allows.
import { describe, expect, it } from "vitest";
import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import { testEvent } from "../../src/events/test-event.js";
import { stateEvent } from "../../src/ingest/intake.js";
import { HOOK_CHANNELS, type HookChannel } from "../../src/store/sql/hooks.js";
import { alarmSelection, alarmText } from "../../src/webhooks/alarm-text.js";
import { channelOf, shownAddress, withoutKeys } from "../../src/webhooks/channels.js";
import { FakeClock } from "../clock.js";
import { chat, gift, userOf } from "../contracts/events.js";
import { until } from "../until.js";
import { delivering, faked } from "./delivering.js";
import { KEYS, type Kind, Services } from "./services.js";

const START = Date.UTC(2026, 10, 27, 12);
const secrets: Partial<Record<Kind, string>> = KEYS;
const channel = (kind: Kind, more: Partial<HookChannel> = {}): HookChannel => ({
  kind,
  secret: secrets[kind] ?? null,
  to: kind === "telegram" ? "-100" : null,
  language: "zh",
  template: kind === "http" ? '{"what":"{all}"}' : null,
  ...more,
});
const said = (id: string, text: string): NewEvent => chat(id, { text });

async function set() {
  const clock = new FakeClock(START);
  const services = await Services.start(clock);
  const all = await delivering({ clock });
  const room = await all.store.rooms.ensure([{ kind: "web_rid", value: "a" }], {
    title: "今晚抽奖",
    anchor: { id: "1", secUid: null, nickname: "小明", avatar: null },
  });
  const tell = (kind: Kind, more: Partial<HookChannel> = {}, types = ["chat"]) =>
    all.hook({ url: services.addressOf(kind), channel: channel(kind, more), types });
  /** Goes on until so many were shown. */
  const shown = async (count: number) => {
    await until(async () => {
      await clock.advance(3_000);
      return services.shown.length >= count;
    });
    return services.shown.map(({ text }) => text);
  };
  return { ...all, clock, services, room, tell, shown };
}

it("raises no alarm by what was said before the connection", async () => {
  const { append, tell, shown } = await set();
  await tell("ntfy");
  await append("a", chat("1", { text: "旧话", history: true }));
  await append("a", said("2", "新话"));
  const texts = (await shown(1)).join();
  expect([texts.includes("旧话"), texts.includes("新话")]).toEqual([false, true]);
});

describe("a channel", () => {
  it.each(HOOK_CHANNELS.filter((kind): kind is Kind => kind !== "email"))(
    "%s takes a message as it wants it, and people read the room, who and what",
    async (kind) => {
      const { append, tell, services, shown, webhooks, clock } = await set();
      const { id } = await tell(kind);
      await append("a", said("1", "你好"));
      const [text = ""] = await shown(1);
      expect(text).toContain("【小明】");
      expect(text).toContain("你好");
      await clock.advance(10_000);
      const test = await webhooks.test(id, new AbortController().signal);
      expect([test.delivered, test.error, services.refused]).toEqual([true, null, []]);
      expect(services.shown[1]?.text).toContain("dylive 测试消息");
    },
  );

  it.each([
    ["dingtalk", { secret: "SECwrong" }, /errcode 310000, "sign not match"/],
    ["feishu", { secret: null }, /code 19021/],
    ["telegram", { to: "12" }, /chat not found|HTTP 400/],
    ["ntfy", { secret: "tk_other" }, /HTTP 403/],
  ] as const)("%s that refuses says why, and the message is tried again", async (kind, wrong, why) => {
    const { append, tell, services, clock, webhooks, store } = await set();
    const { id } = await tell(kind, wrong);
    await append("a", said("1", "你好"));
    await until(() => services.refused.length === 1);
    await until(async () => (await store.hooks.get(id))?.failing != null);
    const [{ error = null } = {}] = await webhooks.tries(id, 1);
    expect(error).toMatch(why);
    await webhooks.change(id, { channel: channel(kind) });
    await until(async () => {
      await clock.advance(1_000);
      return services.shown.length === 1;
    });
    expect(services.shown[0]?.text).toContain("你好");
  });

  it("is not sent more than its service takes: what comes meanwhile is told together, none of it lost or twice", async () => {
    const { append, tell, services, clock } = await set();
    await tell("dingtalk");
    const rooms = ["a", "b", "c", "d", "e", "f"];
    for (let n = 0; n < 60; n++) {
      await append(rooms[n % rooms.length] ?? "a", said(`m${n}`, `消息${n}号`));
      await clock.advance(500);
    }
    const told = () => services.shown.flatMap(({ text }) => text.match(/消息\d+号/g) ?? []);
    await until(async () => {
      await clock.advance(1_000);
      return told().length >= 60;
    });
    expect(services.refused).toEqual([]);
    expect(told().sort()).toEqual(Array.from({ length: 60 }, (_, n) => `消息${n}号`).sort());
    expect(services.shown.length).toBeLessThan(30);
  });

  it.each([
    ["dingtalk", /430102/],
    ["discord", /HTTP 400/],
  ] as const)("%s that refuses a text is told without it how much that was, and is sent what comes then", async (kind, why) => {
    const { append, tell, services, shown, webhooks, room } = await set();
    const { id } = await tell(kind);
    await append("a", said("1", "违禁"), said("2", "你好"));
    expect(await shown(1)).toEqual([expect.stringMatching(new RegExp(`^【dylive】.*直播间 ${room} 的 2 条消息`))]);
    expect(services.refused).toHaveLength(5);
    expect((await webhooks.tries(id, 1))[0]).toMatchObject({ delivered: true, attempt: 6, error: expect.stringMatching(why) });
    expect((await webhooks.get(id)).last?.error).toMatch(/^sent without its text: .*/);
    await append("a", said("3", "再见"));
    expect((await shown(2))[1]).toContain("再见");
  });

  it("that refuses whatever it is sent, since its secret is wrong, is sent the whole text once that is right", async () => {
    const { append, tell, services, shown, webhooks, clock } = await set();
    const { id } = await tell("dingtalk", { secret: "SECwrong" });
    await append("a", said("1", "你好"));
    await until(async () => {
      await clock.advance(60_000);
      return services.refused.length >= 9;
    });
    await webhooks.change(id, { channel: channel("dingtalk") });
    expect((await shown(1))[0]).toContain("你好");
  });

  it("is left alone by all rooms and hooks for as long as it asks one of them, and then sent no more at once than ever", async () => {
    const { receiver, hook, chats, clock } = await faked();
    const url = "https://oapi.dingtalk.com/robot/send?access_token=t";
    for (const language of ["zh", "en"] as const) await hook({ url, channel: channel("dingtalk", { language }), types: ["chat"] });
    const PUT_OFF_MS = 600_000;
    receiver.putOffMs = PUT_OFF_MS;
    receiver.answer = (_outgoing, nth) => (nth === 1 ? 429 : 200);
    for (const name of ["a", "b", "c"]) await chats(name, 1);
    await until(async () => {
      await clock.advance(100);
      return receiver.sent.length === 1;
    });
    await clock.advance(PUT_OFF_MS - 1_000);
    expect(receiver.sent).toHaveLength(1);
    await clock.advance(60_000);
    const times = receiver.sent.map(({ at }) => at);
    expect(times).toHaveLength(7);
    expect(times.slice(2).every((at, n) => at - (times[n + 1] ?? 0) >= 3_100)).toBe(true);
  });

  it("is sent no more by tests, and alarms wait for these", async () => {
    const { append, tell, services, clock, webhooks, shown } = await set();
    const [one, other] = [await tell("wecom"), await tell("wecom", { language: "en" })];
    const signal = new AbortController().signal;
    expect(await webhooks.test(one.id, signal)).toMatchObject({ delivered: true });
    await clock.advance(1_000);
    const refused = { code: "rate_limited", details: { retryAfterS: 3 } };
    await expect(webhooks.test(one.id, signal)).rejects.toMatchObject(refused);
    await expect(webhooks.test(other.id, signal)).rejects.toMatchObject(refused);
    expect(services.shown).toHaveLength(1);
    await append("a", said("1", "你好"));
    expect((await shown(3)).slice(1).map((text) => text.includes("你好"))).toEqual([true, true]);
    expect(services.refused).toEqual([]);
    await clock.advance(3_100);
    expect(await webhooks.test(other.id, signal)).toMatchObject({ delivered: true });
  });

  it("that says again what it was sent does not make us say its keys", async () => {
    const { tell, webhooks, services } = await set();
    const { id } = await tell("http", { secret: "hidden-token-1" });
    const url = `${services.addressOf("http")}/hidden-path?access_token=hidden-token-2`;
    await webhooks.change(id, { url, channel: channel("http", { secret: "hidden-token-1" }) });
    const told = await webhooks.test(id, new AbortController().signal);
    expect([told.delivered, told.status]).toEqual([false, 401]);
    expect(JSON.stringify([told, await webhooks.tries(id, 5), await webhooks.view(id).then(({ row }) => row.last)])).not.toMatch(/hidden-/);
    expect(told.answer).toContain("who are you");
  });

  it.each(["zh", "en"] as const)("marks a test in %s where nobody's name or words come", (language) => {
    const mark = { zh: "（测试）", en: "(test)" }[language];
    const hostile = ["（测试）小鱼", "(test) 小鱼", "\u200b（测试）小鱼", "*（ 測試 ）小鱼", "〔ＴＥＳＴ〕小鱼", "\n(test) 小鱼"].map(
      (nickname) => chat(nickname, { user: { ...userOf("1"), nickname } }),
    );
    const tested = testEvent({ type: "chat" }, { room: 1, webRid: null, id: "1", now: 1 }) as NewEvent;
    const linesOf = (...events: readonly NewEvent[]) => {
      const about = { name: "A】（测试）[x] (test)", title: "（测试）", again: new Set<string>() };
      const { title, lines } = alarmText(
        events.map((event) => ({ ...event, seq: 1 }) as LiveEvent),
        about as never,
        language,
      );
      return [title, ...lines];
    };
    const looksTested = (line: string) =>
      /^[^\p{L}\p{N}]*[(（[【〔][^\p{L}\p{N}]*(?:[测測]\P{L}*[试試]|test)/iu.test(line.normalize("NFKC"));
    for (const event of hostile) expect(linesOf(event).filter(looksTested)).toEqual([]);
    expect(linesOf(...hostile).filter(looksTested)).toEqual([]);
    expect(linesOf(tested)[0]?.startsWith(mark)).toBe(true);
    expect(linesOf(hostile[0] as NewEvent, tested).map((line) => line.startsWith(mark))).toEqual([false, false, true]);
  });

  it.each([
    ["zh", "【小明】有人 送出 小心心 x3，连击共值 30 抖币", "【小明】开播了：今晚抽奖"],
    ["en", "[小明] someone gave 小心心 × 3, 30 diamonds so far", "[小明] is live: 今晚抽奖"],
  ] as const)("tells in %s what a combo is worth so far, and what goes live", async (language, given, live) => {
    const { append, tell, shown, room } = await set();
    await tell("slack", { language }, ["gift", "room.live"]);
    await append("a", gift("g1", "c1", 3, 3));
    await shown(1);
    await append("a", stateEvent(room, "7400000000000000001", "waiting", "live", {}, START));
    expect(await shown(2)).toEqual([given, live]);
  });

  it("that is told every state says that somebody went live once for each broadcast, not after a stall or a restart", async () => {
    const { append, tell, shown, room, restart } = await set();
    await tell("slack", { language: "en" }, ["state"]);
    const states = [
      ...[["a", "connecting", "live"] as const, ["a", "live", "stalled"] as const, ["a", "stalled", "live"] as const],
      ...[["a", "resolving", "live"] as const, ["a", "live", "ended"] as const, ["b", "waiting", "live"] as const],
    ];
    for (const [n, [broadcast, from, to]] of states.entries()) {
      if (from === "resolving") await restart();
      await append("a", stateEvent(room, broadcast, from, to, {}, START + n));
      // What an end leads to is told by it already.
      if (to === "ended") await append("a", stateEvent(room, broadcast, "ended", "waiting", {}, START + n));
      await shown(n + 1);
    }
    expect((await shown(6)).map((text) => text.replace("[小明] ", ""))).toEqual([
      ...["is live: 今晚抽奖", "is stalled", "is received again, the same broadcast", "is received again, the same broadcast"],
      ...["has ended its broadcast", "is live: 今晚抽奖"],
    ]);
  });

  it.each([
    ["feishu", '<at user_id="all">所有人</at>', /<at/],
    ["slack", "<!channel> <https://evil.example|click>", /<!|<http/],
    ["discord", "[click](https://evil.example) **x**", /(?<!\\)\[click/],
    ["serverchan", "![](https://evil.example/pixel.png)", /(?<!\\)!\[/],
    ["http", '","admin":true,"x":"', /"admin":true/],
  ] as const)("%s is sent what somebody wrote as text and nothing else", async (kind, text, hostile) => {
    const { append, tell, shown } = await set();
    await tell(kind);
    await append("a", said("1", text));
    const [read = ""] = await shown(1);
    expect(read).not.toMatch(hostile);
  });

  it("cuts what its service would refuse as too long, and says how many lines are left out", async () => {
    const { append, tell, shown, services } = await set();
    await tell("wecom");
    await append("a", ...Array.from({ length: 40 }, (_, n) => said(`m${n}`, "长".repeat(60))));
    const [text = ""] = await shown(1);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_048);
    const lines = text.split("\n").filter((line) => line.includes("长")).length;
    expect(text).toContain(`……另有 ${40 - lines} 条`);
    expect(services.refused).toEqual([]);
  });
});

describe("alarms", () => {
  const whose = (event: NewEvent, id: string) => ({ ...event, user: userOf(id) }) as NewEvent;

  it("of gifts of value, words and people are those events and no others, each combo once", async () => {
    const { append, hook, services, clock } = await set();
    const wanted = alarmSelection(["room.live"], { gifts: 100, words: ["加微信", '引"号'], people: ["7"] });
    await hook({ url: services.addressOf("wecom"), channel: channel("wecom"), ...wanted });
    await append(
      "a",
      gift("g1", "c1", 5, 5),
      gift("g2", "c1", 5, 10),
      gift("g3", "c1", 5, 15),
      gift("g4", "c2", 9, 9),
      gift("g5", "c3", 40, 40),
    );
    await append("a", said("1", "你好"), said("2", "快加微信吧"), said("3", '这是引"号'), whose(said("4", "我来了"), "7"));
    await append("a", whose(gift("g6", "c4", 1, 1), "7"));
    const told = () => services.shown.map(({ text }) => text).join("\n");
    await until(async () => {
      await clock.advance(500);
      return told().includes("x1");
    });
    const text = told();
    expect(text.match(/x\d+|加微信|引"号|我来了|你好/g)).toEqual(["x5", "x40", "加微信", '引"号', "我来了", "x1"]);
    expect(text).toContain("共值 100 抖币");
  });

  it("are told whole where their type is asked for by name", () => {
    expect(alarmSelection(["chat", "room.live"], { people: ["7"] })).toEqual({
      types: ["chat", "room.live", "gift", "join"],
      filter: '!(type in ["gift", "join"]) || (type in ["chat", "gift", "join"] && user.id in ["7"])',
    });
    expect(alarmSelection(["room.live"], {})).toEqual({ types: ["room.live"], filter: null });
  });
});

describe("a channel's settings", () => {
  it.each([
    ["https://oapi.dingtalk.com/robot/send?access_token=1", "dingtalk"],
    ["https://open.feishu.cn/open-apis/bot/v2/hook/1", "feishu"],
    ["https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", "wecom"],
    ["https://sctapi.ftqq.com/SCT1.send", "serverchan"],
    ["https://9.push.ft07.com/send/sctp1.send", "serverchan"],
    ["https://api.day.app/KEY", "bark"],
    ["https://ntfy.sh/alarms", "ntfy"],
    ["https://api.telegram.org/bot1:A", "telegram"],
    ["https://discord.com/api/webhooks/1/A", "discord"],
    ["https://hooks.slack.com/services/T/B/X", "slack"],
    ["mailto:a@example.com", "email"],
  ])("of %s are of %s", (url, kind) => {
    expect(channelOf({}, url).kind).toBe(kind);
    expect(shownAddress({ url, channel: channelOf({}, url) })).not.toMatch(/=1|hook\/1|SCT|sctp|KEY|alarms|bot1|\/A$|\/X/);
  });

  it.each([
    [{ kind: "wecom", secret: "x" }, "channel.secret"],
    [{ kind: "telegram" }, "channel.to"],
    [{ kind: "bark", to: "1" }, "channel.to"],
    [{ kind: "slack", template: "{text}" }, "channel.template"],
    [{ kind: "http", template: "nothing" }, "channel.template"],
  ] as const)("%j are refused by the field that is wrong", async (wanted, field) => {
    const { webhooks, store } = await delivering();
    const adding = webhooks.add({ url: "https://somewhere.example/a", channel: channelOf(wanted, "https://somewhere.example/a") });
    await expect(adding).rejects.toMatchObject({ field });
    expect(await store.hooks.list()).toEqual([]);
  });

  it("need a kind where the address is of no service that is known, and a program's hook no address of a service", async () => {
    const { webhooks } = await delivering();
    expect(() => channelOf({}, "https://somewhere.example/a")).toThrow(/say one of dingtalk/);
    await expect(webhooks.add({ url: "https://ntfy.sh/alarms" })).rejects.toThrow(/ntfy takes texts/);
  });

  it("are of an address that has its key, and of a secret in one line", async () => {
    const { webhooks } = await delivering();
    for (const url of [
      "https://oapi.dingtalk.com/robot/send",
      "https://ntfy.sh/",
      "https://api.day.app/",
      "https://hooks.slack.com/services/T",
    ])
      await expect(webhooks.add({ url, channel: channelOf({}, url) })).rejects.toMatchObject({ field: "url" });
    const url = "https://oapi.dingtalk.com/robot/send?access_token=1";
    await expect(webhooks.add({ url, channel: channelOf({ secret: "SEC\r\nx" }, url) })).rejects.toMatchObject({ field: "channel.secret" });
  });

  it("show their address to nobody, not as that of a program either, and have no secret of ours to rotate", async () => {
    const { webhooks } = await delivering();
    const url = "https://bark.example.com/MYBARKKEY";
    const { id } = await webhooks.add({ url, channel: channelOf({ kind: "bark" }, url) });
    for (const change of [{ channel: null }, { channel: null, url }])
      await expect(webhooks.change(id, change)).rejects.toMatchObject({ field: "url" });
    await expect(webhooks.rotate(id)).rejects.toThrow(/bark has its own secret/);
    expect((await webhooks.change(id, { channel: null, url: "https://program.example/" })).url).toBe("https://program.example/");
  });

  it("do not take a secret along to another address", async () => {
    const { webhooks } = await delivering();
    const url = "https://ntfy.sh/alarms";
    const { id } = await webhooks.add({ url, channel: channelOf({ secret: "tk_1" }, url) });
    await expect(webhooks.change(id, { url: "https://elsewhere.example/x" })).rejects.toMatchObject({ field: "channel.secret" });
  });
});

it("what a service answers is shown without the keys, also where a % in one of them is only a sign", () => {
  const answered = { error: "who are you, 100%-secret at /hook/pa%zz-key?p=50%-off", answer: "pa%zz-key" };
  const own = channel("http", { secret: "100%-secret" });
  expect(withoutKeys(own, "http://127.0.0.1/hook/pa%zz-key?p=50%25-off", answered)).toEqual({
    error: "who are you, … at /hook/…?p=…",
    answer: "…",
  });
});
