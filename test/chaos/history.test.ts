// Guards: the judge of histories explains a good one and objects to each kind of loss, double, hole and stale read.
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
  ...{ client, room, from, to: from + 5, after, events: seqs.map((seq) => told(seq)) },
  ...{ scanned: seqs.at(-1) ?? after, head: seqs.at(-1) ?? after },
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
  const also = (...calls: readonly AppendCall[]) => ({ appends: [...GOOD.appends, ...calls] });
  const takenAt = (from: number, epoch = 2) => ({ claims: [...GOOD.claims, { client: "b", room, from, to: from + 2, epoch }] });
  it.each<[string, Partial<History>, RegExp]>([
    [
      "one seq was read with two contents",
      { reads: [read("t", 20, 0, [1], { events: [told(1, "m1", "x")] })] },
      /read m1 \(x\) as 1, and it is m1/,
    ],
    ["what was read is lost", { final: final(told(1), told(2)) }, /r read m3 as 3, which is lost/],
    ["what was acknowledged is lost", also(append("a", 70, ["m4"], [4])), /told that m4 is stored \(4\), and it is lost/],
    ["one id is stored twice", { final: final(told(1), told(2), told(3), told(4, "m1")) }, /m1 is stored as 1 and as 4/],
    [
      "something is stored that nobody appended",
      { final: final(told(1), told(2), told(3), told(4, "m0")) },
      /4 holds m0 .* nobody appended/,
    ],
    ["one seq was given twice", also(append("b", 10, ["m9"], [2])), /m9 is stored \(2\), and it is lost/],
    ["the log has a hole", { final: final(told(1), told(3)), appends: [], reads: [] }, /seq 3 where 2 should be/],
    [
      "a read has a hole",
      { reads: [read("r", 20, 0, [1, 3], { scanned: 3 })] },
      /from 0 to 3 and was given 2 events[\s\S]*given 3 where 2/,
    ],
    [
      "a reader is given something again",
      { reads: [read("r", 20, 0, [1, 2]), read("r", 60, 1, [2, 3])] },
      /went on at 1 though it had come to 2/,
    ],
    ["a read misses what was acknowledged before it", { reads: [read("r", 20, 0, [1])] }, /with the head 1 after a had been told of 2/],
    ["the newest owner was fenced", also(append("a", 70, ["m4"], "fenced")), /fenced off with the epoch 1, which was the newest/],
    ["an owner of before stored something", takenAt(26), /with the epoch 1 after b had 2/],
    ["two have one epoch", takenAt(80, 1), /a and b have one epoch, 1/],
  ])("%s", (_, change, why) => {
    expect(violations({ ...GOOD, ...change }).join("\n")).toMatch(why);
  });
});
