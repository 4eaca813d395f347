// Guards: A server whose rooms sit in a browser stores what the platform sent, as the room's account.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { type App, startApp } from "../../src/app/app.js";
import { loadConfig, readMachine } from "../../src/app/config.js";
import type { NewEventOf } from "../../src/events/event.js";
import { parseCookies } from "../../src/platform/accounts/cookies.js";
import { AccountStore } from "../../src/platform/accounts/login-store.js";
import { systemClock } from "../../src/runtime/clock.js";
import { readAll } from "../contracts/harness.js";
import { idOf } from "../fact-id.js";
import { until } from "../until.js";
import { testBrowser } from "./chromium.js";
import { liveRooms, NEVER } from "./rooms.js";

const [BY_SOCKET, BY_PAGE, BY_CLICK] = ["300000001", "300000002", "300000003"] as const;
let simulator: Simulator;
let app: App;
let data: string;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "dylive-collected-"));
  simulator = await startSimulator({ rooms: liveRooms(3), rateFactor: 5, guestGifts: false });
  await AccountStore.inside(data, systemClock).save("work", parseCookies("sessionid=abc; sessionid_ss=abc", Date.now()));
  const config = loadConfig({ port: 0, data, upstream: simulator.url, signer: "browser", browser: testBrowser() }, {});
  app = await startApp(config, readMachine(), systemClock, pino({ level: "silent" }));
});
afterAll(async () => {
  await app.close();
  await simulator.close();
  rmSync(data, { recursive: true });
});

describe("a server whose rooms sit in a browser", () => {
  it.each([
    ["websocket", BY_SOCKET],
    ["browser", BY_PAGE],
  ] as const)("stores by the %s source what the platform sent, as the room's account", async (source, webRid) => {
    const { row } = await app.rooms.add(webRid, { source, account: "work" }, 60_000, NEVER);
    const status = await until(() => (app.rooms.status(row.room)?.state === "live" ? app.rooms.status(row.room) : null));
    expect(status?.evidence.login).toEqual({ account: "work", login: "logged_in" });
    const read = async () => (await readAll(app.store.log, row.room)).events;
    await until(async () => (await read()).filter(({ type }) => type === "chat").length > 10);
    simulator.rooms.stall(webRid);
    const { sent, connections } = simulator.truth(webRid);
    expect(connections).toMatchObject([{ loggedIn: true, acks: { wrong: 0, unknown: 0 }, damaged: 0 }]);
    const chats = new Set(sent.interactive.filter(({ kind }) => kind === "chat").map(idOf));
    const events = await until(async () => {
      const all = await read();
      return all.filter(({ type }) => type === "chat").length >= chats.size ? all : null;
    });
    expect(new Set(events.filter(({ type }) => type === "chat").map(({ id }) => id))).toEqual(chats);
    expect(new Set(events.map((event) => event.source))).toEqual(new Set([source, "system"]));
    const units = (events.filter(({ type }) => type === "gift") as NewEventOf<"gift">[]).reduce((sum, { delta }) => sum + delta, 0);
    expect(units).toBe(sent.combos.reduce((sum, { total }) => sum + total, 0));
    await app.rooms.remove(row.room);
  });

  it("clicks once on a page that does not connect by itself, and says that it was needed", async () => {
    simulator.rooms.needClick(BY_CLICK);
    const { row } = await app.rooms.add(BY_CLICK, { source: "browser" }, 60_000, NEVER);
    const session = () => app.rooms.status(row.room)?.evidence.sessions[0];
    await until(() => session()?.reason === "the room's page opened its connection only after a click");
    expect(session()?.state).toBe("connected");
    expect(app.rooms.status(row.room)?.evidence.reconnects).toBe(0);
    await app.rooms.remove(row.room);
  });
});
