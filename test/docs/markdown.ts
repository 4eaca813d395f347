import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Every page that people read, by its path in the checkout: the READMEs, how to contribute, and all of docs/. */
export function pages(): readonly string[] {
  const docs = readdirSync(`${ROOT}docs`).filter((name) => name.endsWith(".md"));
  return ["README.md", "README.en.md", "CONTRIBUTING.md", ...docs.toSorted().map((name) => `docs/${name}`)];
}

/** The text of a page. */
export function page(path: string): string {
  return readFileSync(`${ROOT}${path}`, "utf8");
}

/** A text with what stands between its marks `<!-- name … -->` and `<!-- /name -->` written anew. */
export function withPart(text: string, name: string, part: string): string {
  const marked = new RegExp(`(<!-- ${name}[ :][^>]*-->)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!marked.test(text)) throw new Error(`there is no part "${name}"`);
  return text.replace(marked, (_all, begin: string, end: string) => `${begin}\n\n${part.trim()}\n\n${end}`);
}

/** A fenced block of a page. */
export interface Block {
  /** Where it is, for a reader of a failure: `docs/api.md:12`. */
  readonly at: string;
  /** First word after the fence; empty where there is none. */
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page, in order. A fence in a list may be indented: its lines are, too. */
export function blocksOf(path: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { fence: string; indent: number; block: Omit<Block, "text">; lines: string[] } | null = null;
  for (const [index, line] of page(path).split("\n").entries()) {
    const fence = /^( *)(`{3,})(.*)$/.exec(line);
    if (open === null) {
      if (fence === null) continue;
      const [language = ""] = (fence[3] ?? "").trim().split(/\s+/);
      open = {
        fence: fence[2] ?? "",
        indent: (fence[1] ?? "").length,
        block: { at: `${path}:${index + 1}`, language },
        lines: [],
      };
    } else if (fence !== null && fence[3] === "" && (fence[2] ?? "").length >= open.fence.length) {
      blocks.push({ ...open.block, text: open.lines.join("\n") });
      open = null;
    } else open.lines.push(line.slice(0, open.indent).trim() === "" ? line.slice(open.indent) : line);
  }
  if (open !== null) throw new Error(`${open.block.at}: the block does not end`);
  return blocks;
}
