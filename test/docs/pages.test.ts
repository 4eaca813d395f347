import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { demoRooms } from "../../simulator/index.js";
import { page, pages, ROOT } from "./markdown.js";

/** Where the links and pictures of a page lead, without those to other sites. */
function linksOf(path: string): readonly string[] {
  const prose = page(path).replace(/^ *```[\s\S]*?^ *```/gm, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to ?? "").filter((to) => !/^[a-z]+:/.test(to));
}

/** The name of a heading in addresses, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

describe("the documents", () => {
  it.each(pages())("%s: its links lead somewhere", (path) => {
    const broken = linksOf(path).filter((link) => {
      const [to = "", anchor] = link.split("#");
      const target = to === "" ? path : normalize(join(dirname(path), to));
      if (!existsSync(`${ROOT}${target}`)) return true;
      if (anchor === undefined) return false;
      const headings = [...readFileSync(`${ROOT}${target}`, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading ?? ""));
      return !headings.includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(pages())("%s begins with a sentence that says what it is for", (path) => {
    expect(page(path)).toMatch(/^# .+\n\n(<!--.*-->\n\n)?((\[中文\]|中文 ·).*\n\n)?[A-Za-z\p{Script=Han}].{30}/u);
  });

  it("are all in the index", () => {
    const listed = new Set(linksOf("docs/README.md").map((to) => normalize(join("docs", to))));
    expect(pages().filter((path) => !/README(?:\.zh)?\.md$/.test(path) && path.startsWith("docs/") && !listed.has(path))).toEqual([]);
  });

  it("name the simulated rooms that there are", () => {
    const listed = [...page("docs/simulator.md").matchAll(/^\| `(\d+)` \| (?:`v\.douyin\.com\/(\w+)\/`)? ?\|/gm)];
    expect(listed.map(([, room, code]) => [room, code])).toEqual(demoRooms().map(({ webRid, shortCode }) => [webRid, shortCode]));
  });

  it("are what the README leads to, in both languages the same", () => {
    const leads = (path: string) =>
      new Set(linksOf(path).map((to) => to.replace(/\.zh\.md$|\.en\.jpg$/, (end) => (end === ".zh.md" ? ".md" : ".jpg"))));
    const without = (path: string) => [...leads(path)].filter((to) => !to.startsWith("README")).toSorted();
    expect(without("README.md")).toEqual(without("README.en.md"));
  });
});
