// Guards: Messages and status frames for clients of jwwsjlm/douyinLive are what these read.
import { describe, expect, it } from "vitest";
import { live } from "../../src/compat/live.js";
import type { LiveEvent } from "../../src/events/event.js";
import type { RoomState } from "../../src/health/state.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { roomStatus } from "../health/status.js";
import { rendered } from "./golden.js";
import { ABOUT, FAN, sample } from "./samples.js";

const format = live(30);
const ASKED = { room: "98765", idsAsText: true };
const read = (name: string) => JSON.parse(format.write(sample(name), ABOUT, ASKED)?.text ?? "null");

describe("messages for clients of jwwsjlm/douyinLive", () => {
  it("are as in the golden file", async () => {
    await expect(rendered(format, ASKED)).toMatchFileSnapshot("golden/live.txt");
  });

  it("are protobuf's JSON: 64-bit integers as text, nothing that is zero or empty, and four fields at the end", () => {
    for (const name of ["chat", "gift in a combo", "like", "join", "follow", "stats", "chat by somebody hidden"]) {
      const message = read(name);
      expect(Object.keys(message).slice(-4)).toEqual(["method", "livename", "title", "avatarThumb"]);
      const walk = (value: unknown): void => {
        expect([0, "0", "", false, null]).not.toContain(value);
        if (typeof value === "object" && value !== null) for (const part of Object.values(value)) walk(part);
      };
      const { method, livename, title, avatarThumb, ...own } = message;
      walk(own);
    }
    const followed = { ...sample("chat"), user: { ...FAN, followers: 120, followStatus: 1 } } as LiveEvent;
    const { user } = JSON.parse(format.write(followed, ABOUT, ASKED)?.text ?? "null");
    expect(user.followInfo).toEqual({ followerCount: "120", followStatus: "1" });
  });

  it("give every counter of a gift the combo's total, and its end", () => {
    const { repeatCount, comboCount, totalCount, groupCount, repeatEnd } = read("gift in a combo");
    expect([repeatCount, comboCount, totalCount, groupCount, repeatEnd]).toEqual(["8", "8", "8", "1", undefined]);
    expect(read("end of a combo")).toMatchObject({ method: "WebcastGiftMessage", repeatCount: "8", repeatEnd: 1 });
  });
});

describe("status frames", () => {
  const greet = (state: RoomState) => {
    return format.greet?.(roomStatus({ state }), ABOUT, ASKED) ?? null;
  };

  it.each([
    ["live", "ROOM_ONLINE", true],
    ["waiting", "ROOM_OFFLINE", false],
    ["ended", "ROOM_ENDED", false],
    // Not known is not offline.
    ["stalled", "ROOM_STATUS_UNKNOWN", null],
    ["blocked", "ROOM_STATUS_UNKNOWN", null],
    ["failed", "ROOM_STATUS_UNKNOWN", null],
  ] as const)("of a room that is %s say %s", (state, code, isLive) => {
    const frame = JSON.parse(greet(state)?.text ?? "null");
    expect(frame).toMatchObject({ type: "system", event: "live_status", code, live: isLive, room_id: "98765", live_name: "主播" });
    const fields =
      "type event code valid live status status_text room_id live_name title avatar_thumb has_room account_only message suggestion";
    expect(Object.keys(frame)).toEqual(expect.arrayContaining(fields.split(" ")));
    expect("retry_interval_seconds" in frame).toBe(code !== "ROOM_ONLINE");
  });

  it.each(["resolving", "connecting"] as const)("are not sent while a room is %s", (state) => {
    expect(greet(state)).toBeNull();
  });

  it("tell a room that is not there from one that cannot be seen now", () => {
    const refuse = (error: DyliveError) => format.refuse?.(error, ASKED);
    const missing = refuse(new DyliveError("no_account", "404"));
    expect([missing?.status, missing?.over, JSON.parse(missing?.text ?? "").valid]).toEqual(["ROOM_NOT_FOUND", true, false]);
    const hidden = refuse(new DyliveError("room_unknown", "captcha"));
    expect([hidden?.status, hidden?.over, JSON.parse(hidden?.text ?? "").live]).toEqual(["ROOM_STATUS_UNKNOWN", false, null]);
  });
});

describe("addresses", () => {
  const asked = (path: string) => format.asked(new URL(path, "http://x"))?.room;

  it("name the room", () => {
    expect([asked("/ws/98765"), asked("/ws/cctv.com?token=x"), asked("/ws/%E6%8A%96")]).toEqual(["98765", "cctv.com", "抖"]);
    for (const path of ["/", "/ws", "/ws/", "/ws/a/b", "/ws/%2Fetc", "/ws/%zz", "/v1/ws"]) expect(asked(path)).toBeUndefined();
  });
});
