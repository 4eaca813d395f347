// Guards: The lines of a feed fold crowds and combos and stay bounded.
import { describe, expect, it } from "vitest";
import { type LiveEvent, type NewEvent, USUAL_TYPES } from "../../src/events/event.js";
import { EVENT_KINDS } from "../../web/src/room/feed-kinds.js";
import { FeedRows } from "../../web/src/room/feed-rows.js";
import { chat, follow, gift, join, like, person } from "../http/events.js";

const START = 1_700_000_000_000;
let seq = 0;
/** An event of the log, so many seconds after the start. */
const at = (second: number, event: NewEvent): LiveEvent => ({ ...event, time: START + second * 1_000, seq: ++seq }) as LiveEvent;
const named = (nickname: string, id = nickname) => ({ user: person({ nickname, id }) });

function rowsOf(events: readonly LiveEvent[], most = 1_000) {
  const lines = new FeedRows(most);
  lines.add(events);
  return lines;
}

it("every type that a feed is given has a button that shows and hides it", () => {
  expect(Object.values(EVENT_KINDS).flat().sort()).toEqual([...USUAL_TYPES].sort());
});

describe("the lines of a feed", () => {
  it("fold joins and likes of ten seconds into one line, with the first three names", () => {
    const { rows } = rowsOf([
      at(0, join(named("甲"))),
      at(1, chat("你好")),
      at(2, like(5, named("乙"))),
      at(3, like(3, named("乙"))),
      ...["丙", "丁", "戊"].map((name) => at(4, join(named(name)))),
      at(11, join(named("己"))),
    ]);
    expect(rows.map(({ kind }) => kind)).toEqual(["crowd", "event", "crowd"]);
    expect(rows[0]).toMatchObject({ time: START, joined: 4, likers: 1, likes: 8 });
    expect(rows[0]?.kind === "crowd" && rows[0].joiners.map(({ nickname }) => nickname)).toEqual(["甲", "丙", "丁"]);
    expect(rows[2]).toMatchObject({ joined: 1, likes: 0 });
  });

  it("show each test event by itself, so that it is marked as one", () => {
    const test = { source: "test" } as const;
    const { rows } = rowsOf([at(0, join(named("甲"))), at(1, { ...join(named("乙")), ...test }), at(2, { ...like(9), ...test })]);
    expect(rows.map(({ kind }) => kind)).toEqual(["crowd", "event", "event"]);
    expect(rows[0]).toMatchObject({ joined: 1, likes: 0 });
  });

  it("lose those of a broadcast that was deleted; what is left folds on where it was", () => {
    const [gone, on] = [{ sessionId: "1" }, { sessionId: "2" }];
    const lines = rowsOf([
      at(0, { ...chat("old"), ...gone }),
      at(1, { ...join(named("甲")), ...gone }),
      at(2, { ...join(named("乙")), ...on }),
      at(3, { ...gift(1, { comboId: "a" }), ...on }),
      at(4, { ...gift(1, { comboId: "b" }), ...gone }),
    ]);
    expect(lines.rows.map(({ kind }) => kind)).toEqual(["event", "crowd", "crowd", "gift", "gift"]);
    const later = at(5, { ...chat("goes on"), ...gone });
    lines.add([later]);
    expect([...lines.sessions.keys()]).toEqual(["1", "2"]);
    expect([lines.drop("1", later.seq), lines.drop("1", later.seq), lines.drop("3", later.seq)]).toEqual([true, false, false]);
    lines.add([at(6, { ...gift(9, { comboId: "a", comboTotal: 10 }), ...on }), at(7, { ...join(named("丙")), ...on })]);
    expect(lines.rows).toMatchObject([{ joined: 2 }, { kind: "gift", units: 10 }, { event: { text: "goes on" } }]);
    lines.add([at(8, { ...gift(2, { comboId: "b", comboTotal: 3 }), ...gone })]);
    expect(lines.rows.at(-1)).toMatchObject({ kind: "gift", units: 2 });
  });

  it("keep a combo in one line that grows, of one time; its end adds nothing", () => {
    const lines = rowsOf([at(0, gift(1)), at(1, follow()), at(2, gift(9, { comboTotal: 10 }))]);
    const before = lines.rows[0];
    lines.add([at(3, gift(0, { comboTotal: 10, settled: true })), at(4, gift(2, { comboId: "other" }))]);
    expect(lines.rows.map(({ kind }) => kind)).toEqual(["gift", "event", "gift"]);
    expect(lines.rows[0]).toMatchObject({ units: 10, diamonds: 10, time: START, event: { settled: true } });
    expect(lines.rows[0]).not.toBe(before);
    expect(lines.rows[0]?.key).toBe(before?.key);
  });

  it("do not call an unknown price nothing", () => {
    const { rows } = rowsOf([at(0, gift(1)), at(1, gift(1, { diamonds: null, unitDiamonds: null }))]);
    expect(rows[0]).toMatchObject({ units: 2, diamonds: null });
  });

  it("are bounded: the oldest go, and a combo of a line that went begins another", () => {
    const lines = rowsOf([at(0, gift(5)), ...Array.from({ length: 105 }, (_, i) => at(1, chat(`${i}`)))], 100);
    expect(lines.rows.length).toBe(90);
    lines.add([at(2, gift(1, { comboTotal: 6 })), at(3, gift(1, { comboTotal: 7 }))]);
    expect(lines.rows.at(-1)).toMatchObject({ kind: "gift", units: 2 });
    expect(lines.rows.length).toBe(91);
    for (let i = 0; i < 50; i++) lines.add(Array.from({ length: 10 }, () => at(4, chat("more"))));
    expect(lines.rows.length).toBeLessThanOrEqual(100);
  });

  it("go on after older lines were put above, each with a key of its own", () => {
    const older = [at(0, chat("old")), at(0, gift(1)), at(0, join())];
    const lines = rowsOf([at(5, join()), at(5, gift(2))]);
    expect(lines.prepend(older)).toBe(3);
    lines.add([at(6, gift(3)), at(6, like(4))]);
    expect(lines.rows.map(({ kind }) => kind)).toEqual(["event", "gift", "crowd", "crowd", "gift"]);
    expect(lines.rows[4]).toMatchObject({ units: 5 });
    expect(lines.rows[3]).toMatchObject({ joined: 1, likes: 4 });
    lines.note("skipped", 7);
    expect(new Set(lines.rows.map(({ key }) => key)).size).toBe(6);
  });
});
