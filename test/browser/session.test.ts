// Guards: A seat of the browser is a visitor of its own that outlives the process, and both sources receive all that is sent.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { ProxyServer } from "../../src/platform/access/proxy.js";
import { parseCookies } from "../../src/platform/accounts/cookies.js";
import { Account } from "../../src/platform/accounts/login-store.js";
import type { BrowserSession } from "../../src/platform/browser/session.js";
import { httpProxy } from "../platform/access/proxies.js";
import { until } from "../until.js";
import { isWhole } from "../whole.js";
import { type Collected, GUEST, liveRooms, NEVER, openSession, viaPage, viaSocket } from "./rooms.js";

/** Rooms of a context that receive, of the twenty that it has. */
const RECEIVING = isWhole() ? 20 : 4;
let simulator: Simulator;
let session: BrowserSession;
let profile: string;
beforeAll(async () => {
  profile = join(mkdtempSync(join(tmpdir(), "dylive-browser-")), "browser");
  simulator = await startSimulator({ rooms: liveRooms(7 + RECEIVING), rateFactor: 5 });
  session = await openSession(simulator, { profile });
});
afterAll(async () => {
  await session.close();
  await simulator.close();
  rmSync(join(profile, ".."), { recursive: true });
});
const room = (index: number) => `${300_000_001 + index}`;
const truth = (webRid: string) => simulator.truth(webRid);

describe("a seat", () => {
  it("is a visitor that the site's own page made", async () => {
    const identity = await session.take(GUEST, NEVER);
    const { cookie, "user-agent": userAgent } = identity.visitor.headers();
    expect(cookie).toMatch(/ttwid=1%7C/);
    expect(userAgent).toMatch(/^Mozilla\/5\.0 .*Chrome\/\d+/);
    expect(identity.visitor.userUniqueId).toMatch(/^\d{19}$/);
    const signature = await identity.signer.sign("0123456789abcdef0123456789abcdef", NEVER);
    expect(signature).toHaveLength(16);
    const reply = await identity.pageGet?.(`/webcast/room/web/enter/?aid=6383&a_bogus=x&web_rid=${room(0)}`, NEVER);
    expect(reply?.status).toBe(200);
    expect(JSON.parse(reply?.body.toString() ?? "")).toMatchObject({ status_code: 0, data: { enter_room_id: simulator.roomId(room(0)) } });
    identity.release();
  });

  it("outlives the process as the same visitor, in files of its owner only", async () => {
    const first = await session.take(GUEST, NEVER);
    const id = first.visitor.userUniqueId;
    await session.close();
    for (const file of readdirSync(profile)) expect(statSync(join(profile, file)).mode & 0o777).toBe(0o600);
    session = await openSession(simulator, { profile });
    const second = await session.take(GUEST, NEVER);
    expect(second.visitor.userUniqueId).toBe(id);
    second.release();
  });

  it("of an account goes on with a new login, and what is kept of one is of that alone", async () => {
    const loginOf = (savedAt: number) => new Account("phone", savedAt, parseCookies(`sessionid=login${savedAt}`, Date.now()));
    const file = join(profile, "account-phone-0.json");
    const cookieAs = async (account: Account, isCurrent = true) => {
      const own = await openSession(simulator, { profile, isCurrent: async () => isCurrent });
      const { visitor } = await own.take({ ...GUEST, account }, NEVER);
      await own.close(); // which keeps its state, later than all logins
      return visitor.headers()["cookie"];
    };
    expect(await cookieAs(loginOf(1))).toContain("sessionid=login1");
    expect(readFileSync(file, "utf8")).toContain("login1");
    expect(await cookieAs(loginOf(2))).toContain("sessionid=login2");
    rmSync(file);
    expect(await cookieAs(loginOf(2), false)).toContain("sessionid=login2");
    expect(existsSync(file)).toBe(false);
  });

  it("is had also where nothing can be kept of it, and a second guest's file is one on every machine", async () => {
    const folder = join(profile, "..", "file");
    writeFileSync(folder, "");
    const own = await openSession(simulator, { profile: folder });
    expect((await own.take(GUEST, NEVER)).visitor.userUniqueId).toMatch(/^\d{19}$/);
    await own.close();
    const other = await openSession(simulator, { profile });
    await other.take({ ...GUEST, apart: "guest:2" }, NEVER);
    await other.close();
    expect(readdirSync(profile)).toContain("guest-guest-2-0.json");
  });

  it("stops waiting with its signal", async () => {
    const stop = new AbortController();
    const waiting = session.take(GUEST, stop.signal);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});

describe("both sources", () => {
  it("give what the simulator says that it sent", async () => {
    const identity = await session.take(GUEST, NEVER);
    const [byPage, bySocket] = [viaPage(identity, room(0)), await viaSocket(simulator, identity, room(1))];
    await until(() => byPage.has(60) && bySocket.has(60));
    for (const [webRid, collected] of [
      [room(0), byPage],
      [room(1), bySocket],
    ] as const) {
      simulator.rooms.end(webRid);
      await until(() => collected.messages.size === truth(webRid).sent.messages);
      expect(collected.byMethod()).toEqual(truth(webRid).sent.byMethod);
      expect(collected.error).toBeNull();
      const [connection] = truth(webRid).connections;
      expect(connection).toMatchObject({ acks: { wrong: 0, unknown: 0 }, damaged: 0, userUniqueId: identity.visitor.userUniqueId });
      expect(connection?.acks.good).toBeGreaterThan(5);
      expect(connection?.heartbeats.frame).toBeGreaterThan(0);
      collected.stop();
      await until(() => collected.ended);
    }
    identity.release();
  });

  it("say that they were refused, cut, or that there is no such room", async () => {
    const identity = await session.take(GUEST, NEVER);
    simulator.rooms.refuse(room(2));
    const [page, socket, none] = [
      viaPage(identity, room(2)),
      await viaSocket(simulator, identity, room(2)),
      viaPage(identity, "999999999"),
    ];
    const cut = viaPage(identity, room(3));
    await until(() => page.ended && socket.ended && none.ended && truth(room(3)).connections.length > 0);
    simulator.rooms.cut(room(3));
    await until(() => cut.ended);
    for (const refused of [page, socket])
      expect(refused.error).toMatchObject({ code: "blocked", detail: expect.stringContaining("HTTP 200") });
    expect(none.error).toMatchObject({ code: "no_account" });
    expect(cut.error).toMatchObject({ code: "unreachable" });
    identity.release();
  });
});

describe("one browser", () => {
  it("serves twenty rooms in one context and the next in another", async () => {
    const taken = await Promise.all(Array.from({ length: 21 }, () => session.take(GUEST, NEVER)));
    expect(await session.status()).toMatchObject({ contexts: 2, rooms: 21, starts: 1 });
    expect(new Set(taken.map(({ visitor }) => visitor.userUniqueId)).size).toBe(2);
    const collected: Collected[] = [];
    // One after the other: what one page signs at once must be signed within seconds, which is the machine's affair.
    for (const [index, identity] of taken.slice(0, RECEIVING).entries()) {
      const each = await viaSocket(simulator, identity, room(index + 7));
      await until(() => each.has(0));
      collected.push(each);
    }
    await until(() => collected.every((each) => each.has(20)));
    for (let index = 0; index < RECEIVING; index++) simulator.rooms.end(room(index + 7));
    const sent = () => collected.map((_, index) => truth(room(index + 7)).sent.byMethod);
    await until(() => collected.every(({ messages }, index) => messages.size === truth(room(index + 7)).sent.messages));
    expect(collected.map((each) => each.byMethod())).toEqual(sent());
    expect(collected.map(({ error }) => error)).toEqual(collected.map(() => null));
    for (const each of collected) each.stop();
    for (const identity of taken) identity.release();
    await until(async () => (await session.status()).contexts === 0);
  });

  it("is somebody who is logged in, for rooms with an account", async () => {
    const account = new Account("phone", Date.now(), parseCookies("sessionid=mine; ttwid=1%7Cmine", Date.now()));
    const [identity, guest] = await Promise.all([session.take({ ...GUEST, account }, NEVER), session.take(GUEST, NEVER)]);
    const [asAccount, asGuest] = [viaPage(identity, room(4)), viaPage(guest, room(5))];
    await until(() => [4, 5].every((index) => truth(room(index)).connections.some(({ closedAt }) => closedAt === null)));
    expect(truth(room(4)).connections.at(-1)).toMatchObject({ loggedIn: true, ttwid: "1%7Cmine" });
    expect(truth(room(5)).connections.at(-1)).toMatchObject({ loggedIn: false });
    for (const each of [asAccount, asGuest]) each.stop();
    for (const each of [identity, guest]) each.release();
  });

  it("leaves by a room's proxy, whose password it never learns", async () => {
    const proxy = await httpProxy("me:pass");
    const way = new ProxyServer(`http://me:pass@127.0.0.1:${proxy.port}`);
    const identity = await session.take({ ...GUEST, proxy: way }, NEVER);
    const before = proxy.carried();
    expect(before).toBeGreaterThan(0);
    const collected = viaPage(identity, room(6));
    await until(() => collected.has(0));
    expect(proxy.carried()).toBeGreaterThan(before);
    expect(new Set(proxy.asked)).toEqual(new Set([new URL(simulator.url).host]));
    collected.stop();
    identity.release();
    await until(async () => (await session.status()).contexts === 0);
    await proxy.close();
  });
});
