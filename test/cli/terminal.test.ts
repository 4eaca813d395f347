import { afterEach, describe, expect, it, vi } from "vitest";
import { lineOf } from "../../src/cli/show.js";
import { columnsOf, moment, ProgressLine, utcTime } from "../../src/cli/terminal.js";
import { chat } from "../contracts/events.js";
import { commands } from "./tree.js";

afterEach(() => vi.restoreAllMocks());

describe("what a command says", () => {
  it("holds nothing of a file's name that steers the terminal", () => {
    const said: string[] = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
    const name = "tonight\u001b[2J\u202e\u061c\u200b.dyrec";
    const progress = new ProgressLine(name, "messages");
    progress.show(1);
    progress.end(`${name}: room 1`);
    const own = said.map((text) => text.replace("\r\u001b[K", "")).join("");
    expect(own).toContain("tonight\ufffd[2J\ufffd\ufffd\ufffd.dyrec");
    expect(own).not.toMatch(/[\u001b\u202e\u061c\u200b]/);
  });

  it("takes two columns for signs of Chinese and emoji", () => {
    expect(["abc", "弹幕", "ｆ", "🎁x"].map(columnsOf)).toEqual([3, 4, 2, 3]);
  });

  it("names the zone of a moment that is not the reader's", () => {
    expect(utcTime(Date.UTC(2026, 10, 25, 10, 5, 9))).toBe("2026-11-25T10:05:09Z");
  });
});

describe("a time that no calendar has", () => {
  it.each([8.64e15 + 1, 1e300, -1e17])("%d is shown as it is", (time) => {
    expect([utcTime(time), moment(time)]).toEqual([`${time} ms`, `${time} ms`]);
    expect(lineOf({ ...chat("1", { time }), seq: 1 }, false)).toMatch(/^--:--:-- \[chat\]/);
  });

  it("is not one of the years to come", () => {
    expect([Date.UTC(2126, 0), 8.64e15].map(utcTime)).toEqual(["2126-01-01T00:00:00Z", "+275760-09-13T00:00:00Z"]);
  });
});

describe("the limit of a list", () => {
  it("begins at 1 in every command: none shown would be told as none found", async () => {
    const limits = (await commands()).flatMap(({ path, command }) =>
      command.options.flatMap((option) =>
        option.long === "--limit" ? [{ path, parse: (text: string) => option.parseArg?.(text, undefined) }] : [],
      ),
    );
    expect(limits.map(({ path }) => path)).toEqual(expect.arrayContaining(["stats", "gifts", "search"]));
    for (const { parse } of limits) {
      expect(parse("20")).toBe(20);
      for (const wrong of ["0", "-1", "x", "1.5", ""]) expect(() => parse(wrong)).toThrow("from 1 to");
    }
  });
});
