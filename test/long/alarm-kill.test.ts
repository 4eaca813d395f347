import { expect, it } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import type { LiveEvent } from "../../src/events/event.js";
import { HOOK_CHANNELS } from "../../src/store/sql/hooks.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { readAll } from "../contracts/harness.js";
import { killWhileTelling } from "../e2e/alarms.js";
import { ran, scratch, serving } from "../e2e/command.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { until } from "../until.js";

/** A room in which gifts are given all the time. */
const GIVING = { ...SCENARIO, everySeconds: { ...SCENARIO.everySeconds, gift: 2, rank: 3, chat: 1 } };

it("each alarm reaches each service through three kills: once, and once more where its answer was lost", () =>
  killWhileTelling(HOOK_CHANNELS.filter((kind) => kind !== "email")));

it("kill -9 before, while and after gifts are told to be kept from us: it is told once in each log", async () => {
  const dir = scratch();
  const env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0" };
  const simulator = await startSimulator({ rooms: [GIVING] });
  try {
    simulator.rooms.gifts("nobody");
    expect(await ran(["room", "add", RID, "--upstream", simulator.url], env)).toMatchObject({ code: 0 });
    const path = `${dir.path}/dylive.sqlite`;
    const store = openSqliteStore({ path });
    const room = (await store.rooms.find({ kind: "web_rid", value: RID })) ?? 0;
    const log = async (one: number) => (await readAll(store.log, one)).events;
    /** What the system's log and the room's were told. */
    const told = async () => {
      const kinds = (events: readonly LiveEvent[]) => events.flatMap((event) => (event.type === "system" ? [event.kind] : []));
      return [kinds(await log(0)), kinds(await log(room))] as const;
    };
    const scores = async () => (await log(room)).filter((event) => event.type === "rank" && event.list === "audience").length;
    const killedWhen = async (isSo: () => Promise<boolean>) => {
      const { server } = await serving(env, ["--upstream", simulator.url]);
      await until(isSo);
      server.process.kill("SIGKILL");
      expect(await server.ended).toBe("SIGKILL");
    };
    await killedWhen(async () => (await scores()) >= 2);
    expect(await told()).toEqual([[], []]);
    // As soon as one of the logs has it: the other may not yet.
    await killedWhen(async () => (await told()).some((kinds) => kinds.length > 0));
    await killedWhen(async () => (await told()).every((kinds) => kinds.length > 0));
    const before = await scores();
    await killedWhen(async () => (await scores()) >= before + 15); // longer than it takes to see it anew
    expect(await told()).toEqual([["gifts.suppressed"], ["gifts.suppressed"]]);
    await store.close();
  } finally {
    await simulator.close();
    dir.remove();
  }
});
