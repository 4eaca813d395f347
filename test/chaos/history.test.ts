import { describe, expect, it } from "vitest";
import { type AppendCall, type History, type ReadCall, violations } from "./history.js";

const room = 1;
const told = (seq: number, id = `m${seq}`, text = `text of ${id}`) => ({ seq, id, text });
const append = (
  client: string,
  from: number,
  ids: readonly string[],
  seqs: AppendCall["told"] | readonly (number | null)[],
  more = {},
): AppendCall => ({
  ...{ client, room, from, to: from + 5, epoch: 1, events: ids.map((id) => ({ id, text: `text of ${id}` })) },
  told: typeof seqs === "string" || "seqs" in seqs ? seqs : { seqs, head: Math.max(...seqs.map((seq) => seq ?? 0)) },
  ...more,
});
const read = (client: string, from: number, after: number, seqs: readonly number[], more: Partial<ReadCall> = {}): ReadCall => ({
  ...{
    client,
    room,
    from,
    to: from + 5,
    after,
    events: seqs.map((seq) => told(seq)),
    scanned: seqs.at(-1) ?? after,
    head: seqs.at(-1) ?? after,
  },
  ...more,
});

/** Three events of two appends, read by two; the second append had no answer at first. */
const GOOD: History = {
  claims: [{ client: "a", room, from: 0, to: 1, epoch: 1 }],
  appends: [append("a", 10, ["m1", "m2"], [1, 2]), append("a", 30, ["m3"], "unknown"), append("a", 50, ["m3"], { seqs: [null], head: 3 })],
  reads: [read("r", 20, 0, [1, 2]), read("s", 20, 0, [1, 2]), read("r", 40, 2, []), read("r", 60, 2, [3])],
  final: new Map([[room, [told(1), told(2), told(3)]]]),
};

it("a history that has an explanation is not objected to, nor one whose append without an answer never happened", () => {
  expect(violations(GOOD)).toEqual([]);
  const never: History = {
    ...GOOD,
    appends: GOOD.appends.slice(0, 2),
    reads: GOOD.reads.slice(0, 3),
    final: new Map([[room, [told(1), told(2)]]]),
  };
  expect(violations(never)).toEqual([]);
  const { claims } = GOOD;
  const taken = {
    ...GOOD,
    claims: [...claims, { client: "b", room, from: 70, to: 75, epoch: 2 }],
    appends: [...GOOD.appends, append("a", 72, ["m4"], "fenced")],
  };
  expect(violations(taken)).toEqual([]);
});

describe("a history is refused in which", () => {
  const final = (...all: readonly ReturnType<typeof told>[]) => new Map([[room, all]]);
  it.each<[string, Partial<History>, RegExp]>([
    [
      "one seq was given twice",
      { appends: [...GOOD.appends, append("b", 10, ["m9"], [2])], final: final(told(1), told(2), told(3), told(4, "m9")) },
      /seq 2 was given to m2 and to m9/,
    ],
    [
      "one seq was read with two contents",
      { reads: [...GOOD.reads, read("t", 20, 0, [1], { events: [told(1, "m1", "another")] })] },
      /read m1 \(another\) as 1, and it is m1 \(text of m1\)/,
    ],
    [
      "one seq was read with two ids",
      { reads: [...GOOD.reads, read("t", 20, 0, [1], { events: [told(1, "m7")] })] },
      /read m7 .* as 1, and it is m1/,
    ],
    ["what was read is lost", { final: final(told(1), told(2)) }, /r read m3 as 3, which is lost/],
    [
      "what was acknowledged is lost",
      { appends: [...GOOD.appends, append("a", 70, ["m4"], [4])] },
      /told that m4 is stored \(4\), and it is lost/,
    ],
    [
      "what was called known is lost",
      { appends: [...GOOD.appends, append("a", 70, ["m8"], { seqs: [null], head: 3 })] },
      /told that m8 is stored \(null\), and it is lost/,
    ],
    ["one id is stored twice", { final: final(told(1), told(2), told(3), told(4, "m1")) }, /m1 is stored as 1 and as 4/],
    [
      "something is stored that nobody appended",
      { final: final(told(1), told(2), told(3), told(4, "m0")) },
      /4 holds m0 .* nobody appended/,
    ],
    [
      "something was stored of an append that was fenced",
      {
        appends: [...GOOD.appends, append("a", 70, ["m4"], "fenced")],
        claims: [...GOOD.claims, { client: "b", room, from: 66, to: 69, epoch: 2 }],
        final: final(told(1), told(2), told(3), told(4)),
      },
      /4 holds m4 .* fenced/,
    ],
    ["the log has a hole", { final: final(told(1), told(3)), appends: [], reads: [] }, /seq 3 where 2 should be/],
    [
      "a read has a hole",
      { reads: [read("r", 20, 0, [1, 3], { scanned: 3, head: 3 })] },
      /from 0 to 3 and was given 2 events[\s\S]*given 3 where 2/,
    ],
    [
      "a read leaves out what it has looked at",
      { reads: [read("r", 60, 0, [], { scanned: 3, head: 3 })] },
      /from 0 to 3 and was given 0 events/,
    ],
    [
      "a reader is given something again",
      { reads: [read("r", 20, 0, [1, 2]), read("r", 60, 1, [2, 3])] },
      /went on at 1 though it had come to 2/,
    ],
    [
      "a reader sees the head go back",
      { reads: [read("r", 56, 0, [1, 2, 3]), read("r", 70, 3, [], { head: 2 })] },
      /head go back from 3 to 2/,
    ],
    ["a read misses what was acknowledged before it", { reads: [read("r", 20, 0, [1])] }, /with the head 1 after a had been told of 2/],
    [
      "a read misses what another had read before it",
      { reads: [read("r", 40, 0, [1, 2, 3]), read("s", 46, 0, [1, 2])] },
      /s read with the head 2 after r had been told of 3/,
    ],
    [
      "one client's appends changed places",
      { appends: [append("a", 10, ["m2"], [2]), append("a", 20, ["m1"], [1]), append("a", 50, ["m3"], [3])], reads: [] },
      /appended m1 after its event 2, and it is 1/,
    ],
    [
      "the newest owner was fenced",
      { appends: [...GOOD.appends, append("a", 70, ["m4"], "fenced")] },
      /fenced off with the epoch 1, which was the newest/,
    ],
    [
      "an owner of before stored something",
      { claims: [...GOOD.claims, { client: "b", room, from: 26, to: 28, epoch: 2 }] },
      /with the epoch 1 after b had 2/,
    ],
    ["two have one epoch", { claims: [...GOOD.claims, { client: "b", room, from: 80, to: 81, epoch: 1 }] }, /a and b have one epoch, 1/],
    [
      "an append was told of a head behind its own events",
      { appends: [append("a", 10, ["m1", "m2"], { seqs: [1, 2], head: 1 }), ...GOOD.appends.slice(1)] },
      /told of the head 1 when it had stored m2 as 2/,
    ],
  ])("%s", (_, change, why) => {
    expect(violations({ ...GOOD, ...change }).join("\n")).toMatch(why);
  });
});
