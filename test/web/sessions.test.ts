// Guards: A broadcast's figures, an export's name and the forms of limits and webhooks say what the server has, and null where nothing is known.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EVENT_TYPES } from "../../src/events/event.js";
import { EXPORT_FORMAT_NAMES } from "../../src/exports/format.js";
import { hookSelection } from "../../src/webhooks/selection.js";
import { EXPORT_FORMATS } from "../../web/src/api/model.js";
import { MESSAGES } from "../../web/src/i18n/tables.js";
import { nameIn } from "../../web/src/sessions/file-name.js";
import { shownChange } from "../../web/src/sessions/shown.js";
import { changeOf, isRunning, measuresOf } from "../../web/src/sessions/totals.js";
import { fieldsOf, requestOf } from "../../web/src/settings/hook-fields.js";
import { fieldsOf as limitFields, limitOf } from "../../web/src/settings/limit-fields.js";

type Session = Parameters<typeof measuresOf>[0];
const none = { combos: 0, settled: 0, units: 0, diamonds: 0, unpricedUnits: 0 };
const session: Session = {
  ...{ id: "7300000000000000019", room: "1", anchor: null, title: null, openedAt: 1_000_000, endedAt: null, endReason: null, seen: null },
  totals: {
    ...{ messages: { chat: 7 }, events: 9, people: 3, chatters: 2, gifters: 1, diamondsPerMinute: null, follows: 2, followers: null },
    gifts: { ...none, units: 5, diamonds: "12345678901234567890" },
    witness: { diamondsWitnessed: 0, diamondsReceived: 0, share: null },
    ...{ likes: { seen: 4, total: null }, viewers: null, peak: { online: 88, minute: null, eventsInMinute: 0 } },
    hidden: { events: 0, chats: 0, units: 0, diamonds: 0 },
    ...{ gaps: { count: 0, totalMs: 0, unmeasured: 0 }, covered: 0.995, likesSeen: null, partial: false },
    ...{ firstEventAt: null, lastEventAt: null, behind: 0 },
  },
};

describe("a broadcast's measures", () => {
  it("are null where nothing is known, and so far while it goes on", () => {
    expect(measuresOf(session, 1_060_000)).toMatchObject({ length: 60_000, viewers: null, peak: 88, chats: 7, likes: 4 });
    expect(Object.values(measuresOf({ ...session, totals: null, endedAt: 1_005_000 }, 0)).filter((value) => value !== null)).toEqual([
      5_000,
    ]);
  });

  it("have the length that was seen where nobody saw the end, which is no broadcast that goes on", () => {
    const room = (sessionId: string | null) => ({ status: { sessionId } }) as Parameters<typeof isRunning>[1];
    const rooms = [room(session.id), room("7"), room(null), { status: null }, undefined];
    expect(rooms.map((one) => isRunning(session, one))).toEqual([true, false, false, false, false]);
    expect(isRunning({ ...session, endedAt: 1_005_000 }, room(session.id))).toBe(false);
    const { totals } = session;
    const lastSeen = { ...session, totals: totals === null ? null : { ...totals, lastEventAt: 1_030_000 } };
    expect([lastSeen, session, { ...lastSeen, endedAt: 1_005_000 }].map((one) => measuresOf(one, null).length)).toEqual([30_000, 0, 5_000]);
    expect(measuresOf(lastSeen, 1_060_000).length).toBe(60_000);
  });

  it("change by a share, which nothing has of nothing", () => {
    expect([changeOf(100, 112), changeOf(100, 97), changeOf(0, 5), changeOf(null, 5)].map(shownChange)).toEqual(["+12%", "−3%", "–", "–"]);
    expect([shownChange(0.001), shownChange(-0.001)]).toEqual(["0%", "0%"]);
    expect([shownChange(-0.999), shownChange(-1)]).toEqual(["−99%", "−100%"]);
  });

  it("have no diamonds where the price of no unit is known; nothing given is 0", () => {
    const given = (gifts: Partial<NonNullable<Session["totals"]>["gifts"]>) => {
      const { totals } = session;
      if (totals === null) throw new Error("the sample has totals");
      const { diamonds, diamondsPerMinute } = measuresOf(
        { ...session, totals: { ...totals, diamondsPerMinute: 0, gifts: { ...none, ...gifts } } },
        null,
      );
      return [diamonds, diamondsPerMinute];
    };
    expect(given({ units: 3, unpricedUnits: 3 })).toEqual([null, null]);
    expect(given({})).toEqual([0, 0]);
    expect(given({ units: 4, unpricedUnits: 3, diamonds: 10 })).toEqual([10, 0]);
  });
});

it("the formats of an export are those that the server makes", () => {
  expect([...EXPORT_FORMATS].sort()).toEqual([...EXPORT_FORMAT_NAMES].sort());
});

describe("small readers", () => {
  it("take a file's name only where no file system minds it", () => {
    expect(nameIn('attachment; filename="dylive-98765-7300.csv"')).toBe("dylive-98765-7300.csv");
    for (const bad of [null, "attachment", ...["../a", ".bashrc", "a/b.csv"].map((name) => `attachment; filename="${name}"`)])
      expect(nameIn(bad)).toBeNull();
  });
});

describe("a limit's form", () => {
  it("gives days and megabytes back as they were written, and follows the server where nothing is", () => {
    expect(limitOf({ own: false, days: 3, mb: "" })).toBeNull();
    expect(limitOf({ own: true, days: 90, mb: "" })).toEqual({ maxAgeMs: 7_776_000_000, maxBytes: null });
    const nothing = "" as const;
    for (const fields of [
      { own: true, days: 1.5, mb: 200 },
      { own: true, days: nothing, mb: 1 },
      { own: false, days: nothing, mb: nothing },
    ])
      expect(limitFields(limitOf(fields))).toEqual(fields);
  });
});

describe("a webhook's form", () => {
  it("offers every type and name that the server takes, in both languages", () => {
    const { zh, en } = MESSAGES;
    const openapi = JSON.parse(readFileSync("docs/gen/openapi.json", "utf8"));
    const { description } = openapi.paths["/v1/hooks"].post.requestBody.content["application/json"].schema.properties.types;
    const names = String(description).match(/\b[a-z]+\.[a-z]+\b/g) ?? [];
    for (const { settings } of [zh, en]) expect(Object.keys(settings.hooks.kinds).sort()).toEqual([...names, ...EVENT_TYPES].sort());
    expect(() => hookSelection({ types: Object.keys(zh.settings.hooks.kinds), filter: null, rooms: [] })).not.toThrow();
  });

  const empty = fieldsOf(null);
  it("sends only what was written, and says nothing of private addresses unless that changes", () => {
    const url = "https://a.example";
    expect(requestOf({ ...empty, url: ` ${url} ` }, null)).toEqual({ url, filter: null, rooms: [], maxEvents: 500 });
    expect(requestOf({ ...empty, allowPrivate: true }, null)).toMatchObject({ allowPrivate: true });
    const kept = { name: "n", types: ["gift"], filter: "x", rooms: ["1"], maxEvents: 5 };
    const hook = { ...kept, url: "u", allowPrivate: true, channel: null } as unknown as Parameters<typeof fieldsOf>[0];
    expect(requestOf(fieldsOf(hook), hook)).toEqual(kept);
  });
});
