// Guards: The dashboard says of a room what was really seen, good and bad, and never more.
import { describe, expect, it } from "vitest";
import type { Evidence, RoomState } from "../../src/health/state.js";
import { ERRORS } from "../../src/runtime/errors.js";
import type { Room } from "../../web/src/api/model.js";
import { MESSAGES, reasonIn } from "../../web/src/i18n/tables.js";
import { truthOf } from "../../web/src/rooms/truth.js";
import { roomStatus } from "../health/status.js";

const NOW = 1_000_000;
/** Without the signs that keep what others said apart, which reasons.test.ts looks at. */
const alone = (text: string) => text.replace(/[\u2068\u2069]/g, "");
function said(state: RoomState | null, evidence: Partial<Evidence> = {}, lang: "zh" | "en" = "en", watch: "on" | "paused" = "on") {
  const status = state === null ? null : roomStatus({ state, evidence: { since: NOW - 60_000, ...evidence } });
  return truthOf({ watch, status: status as Room["status"] }, NOW, MESSAGES[lang], lang).map(({ text, tone }) => `${tone} ${alone(text)}`);
}

describe("the truth meter", () => {
  it("says what was seen of a live room, good and bad", () => {
    expect(
      said("live", {
        lastInteractiveAt: NOW - 3_000,
        gifts: "suppressed",
        giftsSeen: { since: NOW - 1000, diamondsWitnessed: 520, diamondsMissing: 500 },
        gaps: { count: 2, totalMs: 35_000, unmeasured: 0 },
        reconnects: 1,
        likesSeen: 0.2,
        masked: true,
        drops: { duplicate: 9, damaged: 1 },
      }),
    ).toEqual([
      "good receiving for 1 min",
      "plain last message 3 s ago",
      "bad gifts: not sent to guests; logging in may help",
      "bad of 520 diamonds by the platform's ranks, 500 did not reach us; first remedy: your own everyday browser (DYLIVE_CDP)",
      "bad gaps: 2 (35 s)",
      "plain as: a guest",
      "plain reconnected once",
      "plain the room hides who its people are",
      "plain likes: 20% of the platform's count reached us (it samples them)",
      "plain 1 messages not stored",
    ]);
  });

  it("says how many of several sessions are connected", () => {
    const one = {
      ...{ since: NOW, reason: null, retryAt: null, lastReceivedAt: NOW, received: 1, outages: { count: 0, totalMs: 0 } },
      ...{ account: null, lost: null, gifts: "unknown" as const },
      giftsSeen: { since: null, diamondsWitnessed: 0, diamondsMissing: 0 },
    };
    const sessions = [
      { ...one, session: "guest", state: "connected" },
      { ...one, session: "account:main", state: "refused" },
    ] as const;
    expect(said("live", { sessions })).toContain("bad 1 of 2 sessions connected");
    const giftsSeen = { since: NOW - 120_000, diamondsWitnessed: 9, diamondsMissing: 8 };
    const bad = { ...one, state: "connected", gifts: "suppressed", giftsSeen } as const;
    const mute = { ...one, session: "guest:3", state: "silent", since: NOW - 90_000 } as const;
    expect(said("live", { sessions: [{ ...bad, session: "guest:2" }, mute] })).toEqual(
      expect.arrayContaining([
        "bad session guest:2: gifts kept from it for 2 min (8 of 9 diamonds); first remedy: your own everyday browser (DYLIVE_CDP)",
        "bad session guest:3: connected, but sent nothing for 1 min 30 s",
      ]),
    );
    expect(said("live", { sessions: sessions.slice(0, 1) }).join()).not.toContain("sessions");
  });

  it("says why a room is silent, and that messages wait to be stored", () => {
    const reason = "no interactive message came for 32 s although the room's page says live: reconnecting";
    expect(said("stalled", { reason, lastInteractiveAt: NOW - 40_000 }, "zh").slice(0, 2)).toEqual([
      "bad 连接还在，但已 40 秒没有收到任何互动消息；正在自动恢复",
      "plain 原因：32 秒没有收到互动消息，但直播间页面显示正在直播：正在重新连接",
    ]);
    const storage = { received: 900, stored: 850, lastStoredAt: NOW - 21_000, waiting: 40, waitingSince: NOW - 20_000 };
    expect(said("stalled", { storage, reason: "the store takes nothing now" }).slice(0, 2)).toEqual([
      "bad messages come and are not stored: 40 wait, the oldest for 20 s; what waits is stored by itself",
      "plain why: the store takes nothing now",
    ]);
  });

  it("never says that an account that has lapsed is logged in, nor that gifts are kept from guests when they are kept from an account", () => {
    const lapsed = said("live", { login: { account: "work", login: "guest" } });
    expect(lapsed).toContain("bad as: account work, which is no longer logged in");
    const account = said("live", { gifts: "suppressed", login: { account: "work", login: "logged_in" } });
    expect(account.join()).toContain("kept from us");
  });

  it("says what waiting, pausing and not being collected mean, and nothing that was not seen", () => {
    expect(said("waiting", { reason: "the account is not live" })).toEqual([
      "plain the anchor is not live; receiving begins by itself when they are",
    ]);
    expect(said("live", {}, "en", "paused")).toEqual(["plain collection is paused"]);
    expect(said(null)).toEqual(["plain not collected now"]);
    expect(said("failed", { reason: "the room page answered HTTP 404" })[0]).toBe(
      "bad there is no such account: check the number or the link",
    );
  });
});

describe("the words of the page", () => {
  it("tell every error of the API in Chinese, with what to do", () => {
    const missing = Object.keys(ERRORS).filter((code) => !MESSAGES.zh.errors[code]?.message || !MESSAGES.zh.errors[code]?.hint);
    expect(missing).toEqual([]);
  });

  it("leave a reason that they do not know as it is", () => {
    expect(reasonIn("something new", MESSAGES.zh)).toBe("something new");
    expect(reasonIn("opening the connection", MESSAGES.en)).toBe("opening the connection");
  });
});
