// Guards: The state that a page streams is read however it is cut, damage hides no other row, and the work is bounded.
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { streamedState } from "../../../src/platform/wire/exact-json.js";

const push = (text: string) => `<script nonce="">self.__pace_f.push([1,${JSON.stringify(text)}])</script>`;
const read = (page: string) => [...streamedState(page)];

describe("streamed state", () => {
  it("is the rows of a page in order, whatever stands between them", () => {
    const page = `<html>${push('a:["$","div"]\n')}<p>self.__pace_f</p>${push('1f:{"id":7686658435312030373,"text":"a:b"}')}`;
    expect(read(page)).toEqual([["$", "div"], { id: "7686658435312030373", text: "a:b" }]);
    expect(read('self.__pace_f.push([1,"0:[1]"])\nself.__pace_f.push([1,"1:[2]"])')).toEqual([[1], [2]]);
  });

  it("puts a row together that is streamed in pieces, wherever it is cut", () => {
    const row = 'd:{"awemeId":"1","desc":"12: \\"见面\\" ]","list":[{"a":[]}]}\n';
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 2, max: row.length - 1 }), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), row.length];
        const pieces = at.slice(1).map((end, i) => row.slice(at[i], end));
        expect(read(push("a:[]\n") + pieces.map(push).join("") + push("e:[5]"))).toEqual([
          [],
          { awemeId: "1", desc: '12: "见面" ]', list: [{ a: [] }] },
          [5],
        ]);
      }),
    );
  });

  it("passes over what stays damaged: half a row, a piece without its beginning, other kinds of rows", () => {
    const whole = push('2:{"b":1}');
    for (const damaged of ['1:{"a":[1,', '"tail"]}', "1:", "", "I[1,2]", 'HL:["/a.css"]', "1:7", '1:"text"', "zz:[1]"])
      expect(read(push(damaged) + whole)).toEqual([{ b: 1 }]);
    expect(read(`<script>self.__pace_f.push([0])</script><script>self.__pace_f.push([1,5])</script>${whole}`)).toEqual([{ b: 1 }]);
    // A line's end ends the row, so what follows it is no piece of it.
    expect(read(push('1:{"a":[1,\n') + push("2]}") + whole)).toEqual([{ b: 1 }]);
  });

  it("puts a row together after one that lost its end, and round a piece that looks like a beginning", () => {
    expect(read(push('1:{"lost":[') + push('2:{"b":"') + push('12:30",') + push('"c":[]}'))).toEqual([{ b: "12:30", c: [] }]);
  });

  it("parses no more than a bounded amount, however the page is cut, and goes on with the next row", () => {
    // Each piece may be the end of all before it, and lists are what takes longest.
    const lists = `${push("1:[[0]")}${push(`,${"[],".repeat(100)}[]`).repeat(10_000)}${push("2:[3]")}`;
    const rows = `${push(`1:[${"[],".repeat(100)}[]]\n`).repeat(5_000)}`;
    for (const [page, most] of [
      [lists, 6_000_000],
      [rows, 10_000_000],
    ] as const) {
      const parse = vi.spyOn(JSON, "parse");
      const found = read(page);
      // The calls that stream pieces are parsed too, each once.
      const texts = parse.mock.calls.map(([text]) => text).filter((text) => !text.startsWith('"'));
      parse.mockRestore();
      const work = texts.reduce((sum, text) => sum + text.length + 30 * (text.split(/[[{]/).length - 1), 0);
      expect(work).toBeLessThanOrEqual(most + 10_000);
      expect(work).toBeGreaterThan(most / 2);
      if (page === lists) expect(found).toEqual([[3]]);
    }
  });

  it("never throws, and is bounded, whatever the page holds", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.json().map(push), fc.string().map(push))), (parts) => void read(parts.join(""))),
    );
    expect(read(push(`1:${"[".repeat(1_000_000)}`))).toEqual([]);
    expect(read(`self.__pace_f.push([1,"`.repeat(50_000))).toEqual([]);
  });
});
