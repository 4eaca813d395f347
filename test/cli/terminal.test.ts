// Guards: What a command prints steers no terminal, and no share or list is shown as more or less than it is.
import { afterEach, describe, expect, it, vi } from "vitest";
import { lineOf } from "../../src/cli/show.js";
import { moment, ProgressLine, percentText } from "../../src/cli/terminal.js";
import { msg } from "../../src/runtime/msg.js";
import { chat } from "../contracts/events.js";
import { commands } from "./tree.js";

afterEach(() => vi.restoreAllMocks());

describe("what a command says", () => {
  it("holds nothing of a file's name that steers the terminal", () => {
    const said: string[] = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
    const name = "tonight\u001b[2J\u202e\u061c\u200b.dyrec";
    const progress = new ProgressLine(name, msg`messages`);
    progress.show(1);
    progress.end(msg`${name}: room 1`);
    const own = said.map((text) => text.replace("\r\u001b[K", "")).join("");
    expect(own).toContain("tonight\ufffd[2J\ufffd\ufffd\ufffd.dyrec");
    expect(own).not.toMatch(/[\u001b\u202e\u061c\u200b]/);
  });

  it("is no share of 0 or of 100 % where something is there, or something is missing", () => {
    expect([0, 0.004, 0.5, 0.996, 1].map((share) => percentText(share))).toEqual(["0", "<1", "50", ">99", "100"]);
    expect([0, 0.0004, 0.5, 0.9996, 1].map((share) => percentText(share, 1))).toEqual(["0.0", "<0.1", "50.0", ">99.9", "100.0"]);
  });

  it("names the zone of a moment, by which it is the same moment for every reader", () => {
    const time = Date.UTC(2026, 10, 25, 10, 5, 9);
    const [, day = "", clock = "", zone = ""] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d:\d\d)$/.exec(moment(time)) ?? [];
    expect(Date.parse(`${day}T${clock}${zone}`)).toBe(time);
    expect(clock).toBe(new Date(time).toTimeString().slice(0, 8));
  });
});

describe("a time that no calendar has", () => {
  it.each([8.64e15 + 1, 1e300, -1e17])("%d is shown as it is", (time) => {
    expect(moment(time)).toBe(`${time} ms`);
    expect(lineOf({ ...chat("1", { time }), seq: 1 }, false)).toMatch(/^--:--:-- \[chat\]/);
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
