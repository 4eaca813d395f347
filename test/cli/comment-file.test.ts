// Guards: A file of comments loses at most a torn line, and no other file is overwritten.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommentFile } from "../../src/cli/commands/comments.js";
import type { Comment } from "../../src/works/model/comment.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dylive-comments-"));
  path = join(folder, "comments.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const comment = (id: string, parentId: string | null = null, text = "好") =>
  ({ id, workId: "1", parentId, text, rank: id.charCodeAt(0) }) as Comment;
const lines = () => readFileSync(path, "utf8").split("\n");
/** Writes comments into the file; what it knew before. */
async function add(...comments: Comment[]) {
  const file = await CommentFile.open(path, "1");
  await file.append(comments);
  await file.close();
  return file.known;
}

describe("a file of comments", () => {
  it("is made, and continued with what it has", async () => {
    expect(await add(comment("a"), comment("b", "a", "两\n行"))).toEqual([]);
    expect(await add(comment("c"))).toEqual([
      { id: "a", parentId: null, rank: 97 },
      { id: "b", parentId: "a", rank: 98 },
    ]);
    expect(lines().map((line) => (line === "" ? null : (JSON.parse(line) as Comment).id))).toEqual(["a", "b", "c", null]);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it.each([0, 1, 7, 30])("loses what was torn off after %d bytes of a line, and nothing else", async (bytes) => {
    await add(comment("a"));
    writeFileSync(path, JSON.stringify(comment("b")).slice(0, bytes), { flag: "a" });
    expect((await add(comment("c"))).map(({ id }) => id)).toEqual(["a"]);
    expect((await add()).map(({ id }) => id)).toEqual(["a", "c"]);
  });

  it.each([
    ["notes", "milk\nbread\n", /line 1, is not a comment/],
    ["a note", "milk", /does not hold comments/],
    ["events", `${JSON.stringify({ id: "1", type: "chat" })}\n`, /line 1, is not a comment/],
    ["another work's", `${JSON.stringify(comment("a"))}\n${JSON.stringify({ ...comment("b"), workId: "2" })}\n`, /line 2, .*another work/],
  ])("is refused and left as it is where it has %s", async (_what, text, why) => {
    writeFileSync(path, text);
    await expect(CommentFile.open(path, "1")).rejects.toMatchObject({ code: "bad_request", detail: expect.stringMatching(why) });
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it("is written by one at a time, and only where there is a folder", async () => {
    const file = await CommentFile.open(path, "1");
    await expect(CommentFile.open(path, "1")).rejects.toMatchObject({ code: "in_use" });
    await file.close();
    await expect(CommentFile.open(join(folder, "none", "x.jsonl"), "1")).rejects.toMatchObject({ code: "file_failed" });
  });
});
