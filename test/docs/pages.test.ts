// Guards: links of the documents lead somewhere, every page is in the index, and commands are ones that Windows takes, too.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { demoRooms } from "../../simulator/index.js";
import { commandsOf, dialogueOf, UNIX_ONLY, unlikeWindows } from "./commands.js";
import { blocksOf, page, pages, ROOT } from "./markdown.js";

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

  it("show commands that Windows takes, too, but for those of Unix that are named", () => {
    const commands = pages()
      .flatMap(blocksOf)
      .flatMap(({ language, text, at }) =>
        (language === "sh" ? commandsOf(text) : language === "console" ? dialogueOf(text) : []).map((command) => ({
          at,
          text: command.text,
        })),
      );
    expect(commands.length).toBeGreaterThan(300);
    const isOfUnix = (text: string) => UNIX_ONLY.some(([pattern]) => pattern.test(text));
    const wrong = commands.filter(({ text }) => !isOfUnix(text)).map(({ at, text }) => [at, text, unlikeWindows(text)] as const);
    expect(wrong.filter(([, , why]) => why.length > 0)).toEqual([]);
    // No more is named than there is.
    for (const [pattern] of UNIX_ONLY)
      expect([pattern, commands.some(({ text }) => pattern.test(text) && unlikeWindows(text).length > 0)]).toEqual([pattern, true]);
    for (const text of [
      "dylive work 'LINK'",
      "A=b dylive serve",
      "dylive a \\\n b",
      "npm i ./a-*.tgz",
      "curl http://a?b=c&d=e",
      'curl -d "{\\"a\\": 1}"',
    ])
      expect([text, unlikeWindows(text).length > 0]).toEqual([text, true]);
  });

  it("show for Windows what cmd takes: start.cmd, and what makes a service", () => {
    const lines = pages()
      .flatMap(blocksOf)
      .flatMap(({ language, text }) => (language === "cmd" ? text.split("\n") : []));
    expect(lines.length).toBeGreaterThan(10);
    expect(
      lines.filter(
        (line) =>
          !/^(start\.cmd (doctor|room|serve)\b|schtasks \/(Create|Run|End|Delete) \/TN dylive|powershell -Command "Set-ScheduledTask dylive|nssm (install|set|start) dylive)/.test(
            line,
          ),
      ),
    ).toEqual([]);
    expect(lines.filter((line) => /'|(?<!^nssm set dylive AppEnvironmentExtra )\b[A-Z_]+=/.test(line))).toEqual([]);
    // Words behind it are the command's; nothing of it is for another shell.
    expect(readFileSync(`${ROOT}start.cmd`, "utf8")).toMatch(/^@echo off\r?\n[\s\S]*call npm start[\s\S]*node dist\\bin\\dylive\.js %\*/);
    // A failed installation or build runs nothing.
    expect(readFileSync(`${ROOT}start.cmd`, "utf8")).toContain("node scripts\\build.mjs --if-older || exit /b 1");
    expect(readFileSync(`${ROOT}.gitattributes`, "utf8")).toContain("*.cmd text eol=crlf");
  });

  it("have the command built again after what it is made of has changed, and only then", async () => {
    const { isBuilt } = (await import(`${ROOT}scripts/prepare.mjs`)) as { readonly isBuilt: (root: string) => boolean };
    const root = `${mkdtempSync(join(tmpdir(), "dylive-built-"))}/`;
    const write = (path: string, seconds: number) => {
      mkdirSync(dirname(`${root}${path}`), { recursive: true });
      writeFileSync(`${root}${path}`, "");
      utimesSync(`${root}${path}`, seconds, seconds);
    };
    try {
      for (const path of ["src/cli/main.ts", "web/src/a.vue", "proto/a.proto", "scripts/a.mjs", "simulator/a.ts"]) write(path, 1_000);
      for (const path of ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"]) write(path, 1_000);
      for (const folder of ["src/cli", "src", "web/src", "web", "proto", "scripts", "simulator"])
        utimesSync(`${root}${folder}`, 1_000, 1_000);
      expect(isBuilt(root)).toBe(false);
      write("dist/sbom.json", 2_000);
      expect(isBuilt(root)).toBe(true);
      for (const path of ["src/cli/main.ts", "web/src/a.vue", "package-lock.json", "src/cli"]) {
        utimesSync(`${root}${path}`, 3_000, 3_000); // as git pull does
        expect([path, isBuilt(root)]).toEqual([path, false]);
        utimesSync(`${root}${path}`, 1_000, 1_000);
      }
      expect(isBuilt(root)).toBe(true);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  it("have a build take the place of the one before when it is whole, and leave nothing of that", async () => {
    const { putInPlace } = (await import(`${ROOT}scripts/prepare.mjs`)) as { readonly putInPlace: (root: string) => void };
    const root = `${mkdtempSync(join(tmpdir(), "dylive-placed-"))}/`;
    try {
      for (const build of ["a", "b"]) {
        mkdirSync(`${root}dist.new/web`, { recursive: true });
        writeFileSync(`${root}dist.new/web/${build}.js`, build);
        putInPlace(root);
        expect([readdirSync(root), readdirSync(`${root}dist/web`)]).toEqual([["dist"], [`${build}.js`]]);
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  it("name the version that npm pack packs", () => {
    const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { readonly version: string };
    const named = pages().flatMap((path) => [...page(path).matchAll(/dylive-(\d\S*)\.tgz/g)].map(([, one]) => one));
    expect(named.length).toBeGreaterThan(3);
    expect(new Set(named)).toEqual(new Set([version]));
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
