// Guards: A room takes a browser's seat only when it must, as the account and by the proxy that it names, and gives it back.
import { describe, expect, it } from "vitest";
import { directIdentities, type PlatformIdentities, type PlatformIdentity } from "../../src/platform/access/platform-identity.js";
import { type LoginReading, Visitor } from "../../src/platform/access/visitor.js";
import { Account } from "../../src/platform/accounts/login-store.js";
import { PlatformAccess, type Reach, wayOf } from "../../src/platform/platform-access.js";
import type { RoomSettings } from "../../src/store/rooms.js";
import { SIGNAL } from "../collector/running.js";
import { NO_ACCOUNTS, reachAt } from "./access/reach.js";

const signer = { sign: async () => "0123456789abcdef" };

/** Seats of a browser that is not there, which counts. */
class FakeIdentities implements PlatformIdentities {
  readonly pages = true;
  readonly requests: Parameters<PlatformIdentities["take"]>[0][] = [];
  taken = 0;

  async take(request: Parameters<PlatformIdentities["take"]>[0]): Promise<PlatformIdentity> {
    this.requests.push(request);
    this.taken++;
    await Promise.resolve();
    const visitor = new Visitor("browser");
    visitor.userUniqueId = "74";
    return {
      visitor,
      signer,
      account: request.account,
      proxy: request.proxy,
      pageSource: () => ({ name: "browser", open: async function* () {} }),
      pageGet: async () => ({ status: 200, headers: {}, body: Buffer.from("page") }),
      release: () => {
        this.taken--;
      },
    };
  }

  async close(): Promise<void> {}
}

const account = (savedAt: number) =>
  new Account("work", savedAt, [
    { name: "sessionid", value: `s${savedAt}`, domain: ".douyin.com", path: "/", expires: null, secure: true, httpOnly: true },
  ]);
/** An account that may log in anew meanwhile. */
const accountOf = (savedAt: () => number) => ({ ...NO_ACCOUNTS, get: async () => account(savedAt()) });
const placeOf = (
  reach: Partial<Reach>,
  settings: Partial<RoomSettings> = {},
  kept: ConstructorParameters<typeof PlatformAccess>[2] = null,
) => new PlatformAccess({ ...reachAt("http://127.0.0.1:1"), ...reach }, wayOf(settings), kept);

describe("a room's place", () => {
  it("costs a browser's seat only when it must, and gives it back while the room waits", async () => {
    const identities = new FakeIdentities();
    const access = placeOf({ identities });
    expect((await access.asker(SIGNAL)).userAgent).toBe("Mozilla/5.0 (test)");
    expect(identities.taken).toBe(0);
    const [a, b] = await Promise.all([access.acquireIdentity("1", SIGNAL), access.acquireIdentity("1", SIGNAL)]);
    expect(a).toBe(b);
    expect(identities.taken).toBe(1);
    access.rest();
    expect(identities.taken).toBe(0);
  });

  it("keeps the seat while its readings need the page", async () => {
    const identities = new FakeIdentities();
    const access = placeOf({ identities });
    await access.asker(SIGNAL);
    expect((await access.inPage?.("/x", SIGNAL))?.body.toString()).toBe("page");
    access.rest();
    expect(identities.taken).toBe(1);
    await access.asker(SIGNAL);
    access.rest();
    expect(identities.taken).toBe(0);
  });

  it("gives back a seat that comes after the room has left", async () => {
    const identities = new FakeIdentities();
    const access = placeOf({ identities });
    const sitting = access.acquireIdentity("1", SIGNAL);
    await Promise.resolve();
    access.leave();
    await expect(sitting).rejects.toMatchObject({ code: "stopping" });
    expect(identities.taken).toBe(0);
  });

  it("has no page where a signer takes the browser's place", () => {
    expect(placeOf({}).inPage).toBeUndefined();
  });

  it("is the account's that the room names, else the server's if there is one, else a guest's", async () => {
    const accounts = { ...NO_ACCOUNTS, get: async (name: string) => (name === "work" ? account(1) : NO_ACCOUNTS.get(name)) };
    const cookieOf = async (reach: Partial<Reach>, settings: Partial<RoomSettings>) =>
      (await placeOf(reach, settings).asker(SIGNAL)).headers()["cookie"] ?? "";
    expect(await cookieOf({ accounts }, { account: "work" })).toContain("sessionid=s1");
    expect(await cookieOf({ accounts, account: "work" }, {})).toContain("sessionid=s1");
    expect(await cookieOf({ accounts, account: "work" }, { account: "guest" })).toBe("");
    expect(await cookieOf({ accounts, account: "default" }, {})).toBe("");
    await expect(cookieOf({ accounts }, { account: "gone" })).rejects.toMatchObject({ code: "bad_account" });
    const identities = new FakeIdentities();
    await placeOf({ accounts, identities }, { account: "work" }).acquireIdentity(null, SIGNAL);
    expect(identities.requests[0]?.account?.name).toBe("work");
  });

  it("sits down anew when the account has logged in anew", async () => {
    let savedAt = 1;
    const identities = new FakeIdentities();
    const access = placeOf({ accounts: accountOf(() => savedAt), identities }, { account: "work" });
    const first = await access.acquireIdentity("1", SIGNAL);
    savedAt = 2;
    expect(await access.acquireIdentity("1", SIGNAL)).not.toBe(first);
    expect(identities.requests.map((request) => request.account?.savedAt)).toEqual([1, 2]);
    expect(identities.taken).toBe(1);
  });

  it("notes what a page said of the login that it was read with, once", async () => {
    let savedAt = 1;
    const noted: [number, string][] = [];
    const noteReading = (of: Account, { login }: LoginReading) => noted.push([of.savedAt, login]);
    const accounts = { ...accountOf(() => savedAt), noteReading };
    const access = placeOf({ accounts, identities: new FakeIdentities() }, { account: "work" });
    const before = await access.asker(SIGNAL);
    before.login = { login: "guest", nickname: null };
    savedAt = 2; // meanwhile
    expect(await access.noteReading(before)).toEqual({ account: "work", login: "guest" });
    const after = await access.asker(SIGNAL);
    after.login = { login: "logged_in", nickname: "me" };
    await access.noteReading(after);
    // A captcha page says nothing of it.
    expect(await access.noteReading(await access.asker(SIGNAL))).toEqual({ account: "work", login: "logged_in" });
    expect(noted.flat()).toEqual([1, "guest", 2, "logged_in"]);
  });

  it("leaves by the room's own proxy, and says no to what is none", async () => {
    const identities = new FakeIdentities();
    await placeOf({ identities }, { proxy: "socks5://me:secret@127.0.0.1:9" }).acquireIdentity(null, SIGNAL);
    expect(identities.requests[0]?.proxy?.name).toBe("socks5://127.0.0.1:9");
    expect(() => placeOf({}, { proxy: "nonsense" })).toThrow(/a proxy is/);
  });

  it("is kept for a later process, but never an account's cookies", async () => {
    const direct = { identities: directIdentities({ signer, userAgent: "x" }) };
    const access = placeOf(direct);
    const { visitor } = await access.acquireIdentity("1", SIGNAL);
    expect(access.keep()).toBeNull();
    visitor.userUniqueId = "74";
    visitor.learn(["ttwid=1|a; Path=/"]);
    const kept = access.keep();
    expect(kept).toEqual({ userUniqueId: "74", cookies: [["ttwid", "1|a"]] });
    const later = await placeOf(direct, {}, kept).acquireIdentity("1", SIGNAL);
    expect([later.visitor.userUniqueId, later.visitor.headers()["cookie"]]).toEqual(["74", "ttwid=1|a"]);
    const known = placeOf({ ...direct, accounts: accountOf(() => 1) }, { account: "work" });
    (await known.acquireIdentity("1", SIGNAL)).visitor.userUniqueId = "75";
    expect(known.keep()).toEqual({ userUniqueId: "75", cookies: [] });
    const inBrowser = placeOf({ identities: new FakeIdentities() });
    await inBrowser.acquireIdentity("1", SIGNAL);
    expect(inBrowser.keep()).toBeNull();
  });
});
