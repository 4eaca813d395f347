// Guards: the judge of histories explains a good one and objects to each kind of loss, double, hole and stale read.
import { describe, expect, it } from "vitest";
import { type History, type ReadCall, violations } from "./history.js";

const room = 1;
const told = (seq: number, id = `m${seq}`, text = `text of ${id}`) => ({ seq, id, text });
const read = (client: string, from: number, after: number, seqs: readonly number[], more: Partial<ReadCall> = {}): ReadCall => ({
  ...{ client, room, from, to: from + 5, after, events: seqs.map((seq) => told(seq)) },
  ...{ scanned: seqs.at(-1) ?? after, head: seqs.at(-1) ?? after },
  ...more,
});

/** Three events, read by two. */
const GOOD: History = {
  reads: [read("r", 20, 0, [1, 2]), read("s", 20, 0, [1, 2]), read("r", 40, 2, []), read("r", 60, 2, [3])],
  final: new Map([[room, [told(1), told(2), told(3)]]]),
};

it("a history that has an explanation is not objected to", () => {
  expect(violations(GOOD)).toEqual([]);
});

describe("a history is refused in which", () => {
  const final = (...all: readonly ReturnType<typeof told>[]) => new Map([[room, all]]);
  const otherText = read("t", 20, 0, [1], { events: [told(1, "m1", "x")] });
  it.each<[string, Partial<History>, RegExp]>([
    ["one seq was read with two contents", { reads: [otherText] }, /read m1 \(x\) as 1, and it is m1/],
    ["what was read is lost", { final: final(told(1), told(2)) }, /r read m3 as 3, which is lost/],
    ["one id is stored twice", { final: final(told(1), told(2), told(3), told(4, "m1")) }, /m1 is stored as 1 and as 4/],
    ["the log has a hole", { final: final(told(1), told(3)), reads: [] }, /seq 3 where 2 should be/],
    ["a read has a hole", { reads: [read("r", 20, 0, [1, 3], { scanned: 3 })] }, /from 0 to 3 and was given 2[\s\S]*given 3 where 2/],
    ["a reader is given something again", { reads: [read("r", 20, 0, [1, 2]), read("r", 60, 1, [2, 3])] }, /went on at 1 though .* 2/],
    ["a read misses what another saw before it", { reads: [read("r", 20, 0, [1, 2]), read("s", 40, 0, [1])] }, /with the head 1 after r/],
  ])("%s", (_, change, why) => {
    expect(violations({ ...GOOD, ...change }).join("\n")).toMatch(why);
  });
});
