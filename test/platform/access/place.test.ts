import { describe, expect, it } from "vitest";
import { directSeats, type Seat, type Seats } from "../../../src/platform/access/seat.js";
import { Visitor } from "../../../src/platform/access/visitor.js";
import { Account } from "../../../src/platform/accounts/login-store.js";
import { Place, type Reach } from "../../../src/platform/place.js";
import { NO_SETTINGS, type RoomSettings } from "../../../src/store/rooms.js";
import { SIGNAL } from "../../collector/running.js";
import { NO_ACCOUNTS, reachAt } from "./reach.js";

const signer = { sign: async () => "0123456789abcdef" };

/** Seats of a browser that is not there, which counts. */
class FakeSeats implements Seats {
  readonly pages = true;
  readonly wishes: Parameters<Seats["take"]>[0][] = [];
  taken = 0;

  async take(wish: Parameters<Seats["take"]>[0]): Promise<Seat> {
    this.wishes.push(wish);
    this.taken++;
    await Promise.resolve();
    const visitor = new Visitor("browser");
    visitor.userUniqueId = "74";
    return {
      visitor,
      signer,
      account: wish.account,
      proxy: wish.proxy,
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
    {
      name: "sessionid",
      value: `s${savedAt}`,
      domain: ".douyin.com",
      path: "/",
      expires: null,
      secure: true,
      httpOnly: true,
    },
  ]);
const placeOf = (reach: Partial<Reach>, settings: Partial<RoomSettings> = {}, kept: ConstructorParameters<typeof Place>[2] = null) =>
  new Place({ ...reachAt("http://127.0.0.1:1"), ...reach }, { ...NO_SETTINGS, ...settings }, kept);

describe("a room's place", () => {
  it("costs a browser's seat only when it must, and gives it back while the room waits", async () => {
    const seats = new FakeSeats();
    const place = placeOf({ seats });
    expect((await place.asker(SIGNAL)).userAgent).toBe("Mozilla/5.0 (test)");
    expect(seats.taken).toBe(0);
    const [a, b] = await Promise.all([place.sit("1", SIGNAL), place.sit("1", SIGNAL)]);
    expect(a).toBe(b);
    expect(seats.taken).toBe(1);
    place.rest();
    expect(seats.taken).toBe(0);
  });

  it("keeps the seat while its readings need the page", async () => {
    const seats = new FakeSeats();
    const place = placeOf({ seats });
    await place.asker(SIGNAL);
    expect((await place.inPage?.("/x", SIGNAL))?.body.toString()).toBe("page");
    place.rest();
    expect(seats.taken).toBe(1);
    await place.asker(SIGNAL);
    place.rest();
    expect(seats.taken).toBe(0);
  });

  it("gives back a seat that comes after the room has left", async () => {
    const seats = new FakeSeats();
    const place = placeOf({ seats });
    const sitting = place.sit("1", SIGNAL);
    await Promise.resolve();
    place.leave();
    await expect(sitting).rejects.toMatchObject({ code: "stopping" });
    expect(seats.taken).toBe(0);
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
    await expect(cookieOf({ accounts }, { account: "gone" })).rejects.toMatchObject({ code: "not_found" });
    const seats = new FakeSeats();
    await placeOf({ accounts, seats }, { account: "work" }).sit(null, SIGNAL);
    expect(seats.wishes[0]?.account?.name).toBe("work");
  });

  it("sits down anew when the account has logged in anew", async () => {
    let savedAt = 1;
    const seats = new FakeSeats();
    const place = placeOf({ accounts: { ...NO_ACCOUNTS, get: async () => account(savedAt) }, seats }, { account: "work" });
    const first = await place.sit("1", SIGNAL);
    savedAt = 2;
    expect(await place.sit("1", SIGNAL)).not.toBe(first);
    expect(seats.wishes.map((wish) => wish.account?.savedAt)).toEqual([1, 2]);
    expect(seats.taken).toBe(1);
  });

  it("leaves by the room's own proxy, and says no to what is none", async () => {
    const seats = new FakeSeats();
    await placeOf({ seats }, { proxy: "socks5://me:secret@127.0.0.1:9" }).sit(null, SIGNAL);
    expect(seats.wishes[0]?.proxy?.name).toBe("socks5://127.0.0.1:9");
    expect(() => placeOf({}, { proxy: "nonsense" })).toThrow(/a proxy is/);
  });

  it("is kept for a later process, but never an account's cookies", async () => {
    const direct = { seats: directSeats({ signer, userAgent: "x" }) };
    const place = placeOf(direct);
    const { visitor } = await place.sit("1", SIGNAL);
    expect(place.keep()).toBeNull();
    visitor.userUniqueId = "74";
    visitor.learn(["ttwid=1|a; Path=/"]);
    const kept = place.keep();
    expect(kept).toEqual({ userUniqueId: "74", cookies: [["ttwid", "1|a"]] });
    const later = await placeOf(direct, {}, kept).sit("1", SIGNAL);
    expect([later.visitor.userUniqueId, later.visitor.headers()["cookie"]]).toEqual(["74", "ttwid=1|a"]);
    const accounts = { ...NO_ACCOUNTS, get: async () => account(1) };
    const known = placeOf({ ...direct, accounts }, { account: "work" });
    (await known.sit("1", SIGNAL)).visitor.userUniqueId = "75";
    expect(known.keep()).toEqual({ userUniqueId: "75", cookies: [] });
    const inBrowser = placeOf({ seats: new FakeSeats() });
    await inBrowser.sit("1", SIGNAL);
    expect(inBrowser.keep()).toBeNull();
  });
});
