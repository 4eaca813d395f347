// Guards: every fenced block of the documents does what it says, and the Chinese pages show the same blocks.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ELSEWHERE, PROGRAMS_ELSEWHERE } from "../docs/commands.js";
import { blocksOf, pages, ROOT } from "../docs/markdown.js";
import { withOwn } from "../docs/placeholders.js";
import { Reader } from "../docs/reader.js";
import { prepare, type Scripts } from "../docs/scripts.js";
import { type Audience, audienceOf, openStage, type Stage } from "../docs/stage.js";

/** Pages in another language, with the ones whose blocks they have. */
const TRANSLATIONS: Readonly<Record<string, string>> = {
  "README.md": "README.en.md",
  ...Object.fromEntries(pages().flatMap((path) => (path.endsWith(".zh.md") ? [[path, path.replace(".zh.md", ".md")]] : []))),
};

const shown = pages()
  .filter((path) => !(path in TRANSLATIONS))
  .map((path) => [path, blocksOf(path)] as const);
const withBlocks = shown.filter(([, blocks]) => blocks.length > 0);
/** Pages that name people: each has people of its own, so that erasing them on one is nothing to the other. */
const ofPeople = withBlocks.filter(([, blocks]) => blocks.some(({ text }) => /\bUSER\b/.test(text))).map(([path]) => path);

let stage: Stage;
let scripts: Scripts;
let audience: Audience;
beforeAll(async () => {
  stage = await openStage();
  const programs = shown.flatMap(([, blocks]) => blocks.filter(({ language }) => language === "ts" || language === "js"));
  const own = { token: stage.token, session: "", people: ["", ""], hook: "" } as const;
  [scripts, audience] = await Promise.all([
    prepare(programs, stage.folder, (text) => withOwn(text, stage, own)),
    audienceOf(stage, 2 * ofPeople.length),
  ]);
});
afterAll(() => stage.close());

describe("what the documents show", () => {
  it("is a lot, and names tests that exist for what is not run here", () => {
    expect(withBlocks.length).toBeGreaterThan(10);
    expect([...ELSEWHERE, ...PROGRAMS_ELSEWHERE].filter(([, test]) => !existsSync(`${ROOT}${test}`))).toEqual([]);
  });

  it.each(Object.entries(TRANSLATIONS))("%s has the blocks of %s", (path, original) => {
    const bare = (of: string) => blocksOf(of).map(({ language, text }) => [language, text.replace(/ +# .*$/gm, "")]);
    expect(bare(path)).toEqual(bare(original));
  });

  it.concurrent.each(withBlocks.map(([path, blocks], number) => ({ path, blocks, number })))(
    "$path: every block does what it says",
    async ({ path, blocks, number }) => {
      const giver = (place: number) => audience.givers[2 * ofPeople.indexOf(path) + place] ?? "";
      const own = { token: await stage.newToken(path), session: audience.session, people: [giver(0), giver(1)], hook: "" } as const;
      const reader = new Reader(stage, scripts, `page-${number}`, own);
      try {
        for (const [index, block] of blocks.entries())
          await reader.follow(block, blocks[index + 1]).catch((error: unknown) => {
            throw new Error(`${block.at}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
          });
      } finally {
        await reader.close();
      }
    },
  );
});
