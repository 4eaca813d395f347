// Guards: `dylive author` watches whom a link means, lists and lets go.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { programFor } from "../../src/cli/program.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";

const SEC = "MS4wLjABAAAAabcdefghijklmnopqrstuvwxyz0123456789-_ABCDEF";

/** A data folder, and what commands on it write. */
function stage() {
  const data = mkdtempSync(join(tmpdir(), "dylive-author-"));
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, "write").mockImplementation((text, ...rest) => {
      written.push(String(text));
      for (const one of rest) if (typeof one === "function") one();
      return true;
    });
  onTestFinished(() => {
    vi.restoreAllMocks();
    rmSync(data, { recursive: true, force: true });
  });
  const dylive = async (...words: string[]) => {
    written.length = 0;
    await (await programFor("author")).parseAsync(["author", ...words, "--data", data], { from: "user" });
    return written.join("");
  };
  return { data, dylive };
}

it("dylive author watches whom a link means, lists them with how they are, and lets them go", async () => {
  const { data, dylive } = stage();
  const link = `看看他 https://www.douyin.com/user/${SEC}?from=app`;
  expect(await dylive("add", link)).toContain(`${SEC} is watched: by the server`);
  expect(await dylive("add", SEC)).toContain("is watched already");
  expect(await dylive("list")).toContain(`${SEC}  not looked at yet  nothing known yet  0 published`);
  const author = { id: "1", secUid: SEC, displayId: null, shortId: null, nickname: "山里的\u001b[31m相机", avatar: null };
  const store = openSqliteStore({ path: join(data, "dylive.sqlite") });
  const { n } = (await store.authorWatches.add(SEC, 1)).kept;
  const look = { at: 1_760_000_000_000, outcome: "wall", reason: "the first 20" } as const;
  await store.authorWatches.note(n, {
    ...{ author, look, nextAt: 9e12, failingSince: null, learnedAt: 1 },
    ...{ newest: { id: "7600000000000000001", time: 1_750_000_000_000 }, known: [], published: 3 },
  });
  await store.close();
  const line = await dylive("list");
  expect(line).toMatch(/the first ones alone at 2025-10-09.* \(the first 20\) {2}newest of 2025-06-15.* {2}3 published {2}山里的/);
  expect(line).not.toContain("\u001b");
  expect(JSON.parse(await dylive("list", "--json"))).toMatchObject({ secUid: SEC, published: 3, nextAt: 9e12 });
  expect(await dylive("look", link)).toContain("as soon as their turn comes");
  expect(JSON.parse(await dylive("list", "--json")).nextAt).toBeLessThan(9e12);
  expect(await dylive("remove", link)).toContain("no longer watched");
  expect(await dylive("list")).toBe("none yet: dylive author add LINK\n");
  await expect(dylive("look", SEC)).rejects.toMatchObject({ code: "not_found" });
  await expect(dylive("add", "https://www.douyin.com/collection/7686658435312030111")).rejects.toMatchObject({ code: "bad_work" });
});
