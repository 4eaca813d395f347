// Guards: What the system says of a file is told with what mends it.
import { describe, expect, it } from "vitest";
import { folderFailure } from "../src/cli/doctor/machine.js";
import { DyliveError } from "../src/runtime/errors.js";
import { fileFailure } from "../src/runtime/file-failure.js";
import { msg } from "../src/runtime/msg.js";

const system = (code: string) => Object.assign(new Error(`${code}: words of the system`), { code });

describe("what the system says of a file", () => {
  it.each([
    ["EACCES", /this user may not/, /chown, chmod/],
    ["EPERM", /this user may not/, /chown, chmod/],
    ["EROFS", /mounted read-only/, /Mount the disk so that it can be written/],
    ["ENOSPC", /the disk is full/, /Free some space/],
    ["EDQUOT", /share of the disk is used up/, /quota/],
    ["ENOENT", /there is no such file or folder/, /make the folder/],
    ["ENOTDIR", /a part of its path is a file/, /move that file away/],
    ["EMFILE", /too many files are open/, /ulimit -n/],
    ["ENFILE", /too many files are open/, /ulimit -n/],
    ["EIO", /the disk failed/, /system's log/],
  ])("%s is told with what mends it, not with what mends something else", (code, why, todo) => {
    const { state, detail, todo: remedy } = folderFailure("/data", system(code));
    expect([state, String(detail), String(remedy)]).toEqual(["fail", expect.stringMatching(why), expect.stringMatching(todo)]);
    if (!/EACCES|EPERM/.test(code)) expect(String(remedy)).not.toMatch(/chown|owner/);
    expect(fileFailure(system(code), msg`x cannot be read`)).toMatchObject({ code: "file_failed", detail: expect.stringMatching(why) });
  });

  it("is nothing of ours where the error is another", () => {
    const ours = new DyliveError("bad_file", "x");
    expect(fileFailure(ours, msg`x cannot be read`)).toBe(ours);
    const mistake = new TypeError("x is undefined");
    expect(fileFailure(mistake, msg`x cannot be read`)).toBe(mistake);
    expect(folderFailure("/data", mistake)).toMatchObject({ state: "fail", detail: "x is undefined" });
  });
});
