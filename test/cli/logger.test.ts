// Guards: The log names no account's lasting id, and no text in it moves the cursor.
import { expect, it } from "vitest";
import { makeLogger, readable } from "../../src/cli/commands/serve.js";
import { DyliveError } from "../../src/runtime/errors.js";

it("tells of nobody by the lasting id of their account, wherever that stands", () => {
  const secUid = `MS4wLjABAAAA${"aB-_9".repeat(10)}`;
  const written: string[] = [];
  const write = (line: string) => void written.push(line);
  for (const to of [{ write }, readable({ write })]) {
    const logger = makeLogger("trace", to);
    logger.info({ author: secUid, by: "t1" }, "an author is watched");
    logger
      .child({ of: secUid })
      .warn({ err: new DyliveError("no_account", `the page of ${secUid}`, new Error(secUid)) }, `${secUid} failed`);
  }
  expect(written.length).toBe(4);
  expect(written.join("")).toContain("MS4wLjABAAAA…");
  expect(written.join("")).not.toMatch(/MS4wLjABAAAA[A-Za-z0-9_-]/);
});

it("is a line for people in a terminal, in which no text moves the cursor", () => {
  const lines: string[] = [];
  const logger = makeLogger("info", readable({ write: (line) => lines.push(line) }));
  logger.info("Server listening at http://127.0.0.1:8787");
  logger.warn({ room: 1, err: new DyliveError("disk_full", "no \u001b[2Jspace"), counts: { a: 1 } }, "full\nstop");
  expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ""))).toEqual([
    "Server listening at http://127.0.0.1:8787\n",
    expect.stringMatching(/^warn: full\ufffdstop {2}room=1 {2}err=.*no \ufffd\[2Jspace.* {2}counts=\{"a":1\}\n$/),
  ]);
});
