import { expect, it } from "vitest";
import { makeLogger } from "../../src/cli/commands/serve.js";
import { DyliveError } from "../../src/runtime/errors.js";

function logged(level: string): readonly { level: number; msg: string }[] {
  const lines: string[] = [];
  const logger = makeLogger(level, { write: (line) => lines.push(line) });
  const away = new DyliveError("store_unreachable", "connection refused");
  logger.error({ err: away, doing: "search" }, "away");
  logger.warn({ err: new DyliveError("disk_full", "no space"), doing: "search" }, "full");
  logger.error("plain");
  logger.info({ room: 1 }, "room");
  return lines.map((line) => JSON.parse(line) as { level: number; msg: string });
}

it("leaves what every part says of a database that is away to debug", () => {
  const said = (level: string) => logged(level).map((line) => [line.level, line.msg]);
  const rest = [
    [40, "full"],
    [50, "plain"],
    [30, "room"],
  ];
  expect(said("info")).toEqual(rest);
  expect(said("debug")).toEqual([[20, "away"], ...rest]);
  expect(said("silent")).toEqual([]);
});
