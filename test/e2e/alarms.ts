import { expect } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { SCENARIO } from "../faults/struck.js";
import { until } from "../until.js";
import { KEYS, type Kind, Services } from "../webhooks/services.js";
import { ran, scratch, serving } from "./command.js";

const ROOM = "100000002";
const FAN = "42";
/** What people are told of, by what their text has of it, in the order in which it happens. */
const ALARMS = ["开播了", "嘉年华", "加微信", "我也在", "下播了"] as const;
type Alarm = (typeof ALARMS)[number];

/**
 * Kills a server three times while people are to be told what happens in a room: after each service has the first alarm and before the server hears
 * of that, after each was tried in vain, and when all is delivered. Proves that each service shows each alarm, and more than once only what it had
 * when its answer was lost: once more, with the same words and, where it takes one, the same id.
 */
export async function killWhileTelling(kinds: readonly Kind[]): Promise<void> {
  const dir = scratch();
  const env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0", DYLIVE_POLL_MS: "1000" };
  const services = await Services.start(systemClock);
  const simulator = await startSimulator({ rooms: [{ ...SCENARIO, webRid: ROOM, state: "ended", everySeconds: { stats: 5, join: 1 } }] });
  const serve = async () => (await serving(env, ["--upstream", simulator.url])).server;
  const toldOf = (kind: Kind, alarm: Alarm) => services.shown.filter((one) => one.kind === kind && one.text.includes(alarm));
  const each = (isSo: (kind: Kind) => boolean) => until(() => kinds.every(isSo));
  const received = () => until(() => simulator.truth(ROOM).connections.some(({ closedAt }) => closedAt === null));
  const kill = async (server: Awaited<ReturnType<typeof serve>>) => {
    server.process.kill("SIGKILL");
    expect(await server.ended).toBe("SIGKILL");
  };
  const says = (id: string, content: string) =>
    simulator.rooms.send(ROOM, "WebcastChatMessage", { user: { id, nickname: `观众${id}` }, content });
  try {
    expect(await ran(["room", "add", ROOM, "--upstream", simulator.url], env)).toMatchObject({ code: 0 });
    for (const kind of kinds) {
      const secret = (KEYS as Partial<Record<Kind, string>>)[kind];
      const options = ["--kind", kind, "--allow-private", "--types", "room.live,room.ended", "--gifts", "1000", "--words", "加微信"];
      const own = [...(secret === undefined ? [] : ["--secret", secret]), ...(kind === "telegram" ? ["--to=-100"] : [])];
      const added = await ran(["notify", "add", services.addressOf(kind), ...options, "--people", FAN, ...own], env);
      expect(added).toMatchObject({ code: 0 });
    }
    const first = await serve();
    simulator.rooms.restart(ROOM);
    services.manner = "withhold";
    await each((kind) => toldOf(kind, "开播了").length === 1);
    await kill(first);
    services.manner = "answer";
    const second = await serve();
    await each((kind) => toldOf(kind, "开播了").length === 2);
    await received();

    services.manner = "away";
    const gift = { id: "685", name: "嘉年华", diamond_count: 3_000 };
    const given = { gift_id: "685", repeat_count: "1", group_count: "1", group_id: "77", repeat_end: 1, gift };
    simulator.rooms.send(ROOM, "WebcastGiftMessage", { ...given, user: { id: "7", nickname: "大哥" } });
    says("8", "加微信聊");
    await each((kind) => services.missed.includes(kind));
    await kill(second);
    services.manner = "answer";
    const third = await serve();
    await each((kind) => toldOf(kind, "嘉年华").length > 0 && toldOf(kind, "加微信").length > 0);
    await received();
    says(FAN, "我也在");
    await each((kind) => toldOf(kind, "我也在").length > 0);
    await noted(dir.path);
    await kill(third);

    const last = await serve();
    await received();
    simulator.rooms.end(ROOM);
    await each((kind) => toldOf(kind, "下播了").length > 0);
    await noted(dir.path);
    last.process.kill("SIGTERM");
    expect(await last.ended).toBe(0);

    expect(services.refused).toEqual([]);
    for (const kind of kinds) {
      const counts = Object.fromEntries(ALARMS.map((alarm) => [alarm, toldOf(kind, alarm).length]));
      expect([kind, counts]).toEqual([kind, { 开播了: 2, 嘉年华: 1, 加微信: 1, 我也在: 1, 下播了: 1 }]);
      const [one, again] = toldOf(kind, "开播了");
      expect([again?.text, again?.id]).toEqual([one?.text, one?.id]);
      expect(typeof one?.id).toBe(kind === "ntfy" || kind === "http" ? "string" : "object");
    }
  } finally {
    await simulator.close();
    dir.remove();
  }
}

/** Waits until the server has noted of all that it sent that it arrived. */
async function noted(data: string): Promise<void> {
  const store = openSqliteStore({ path: `${data}/dylive.sqlite` });
  try {
    await until(async () => {
      const waiting = (await store.hooks.list()).map(({ id }) => store.hooks.fixed(id));
      return (await Promise.all(waiting)).every((batches) => batches.length === 0);
    });
  } finally {
    await store.close();
  }
}
