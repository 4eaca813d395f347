// Guards: files and folders that the documents name are there.
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { page, pages, ROOT } from "./markdown.js";

/** Files of the repository, and its folders with a slash at their end. */
const FILES = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" })
  .trim()
  .split("\n");
const ALL = new Set(FILES.flatMap((file) => [file, ...[...file.matchAll(/\//g)].map(({ index }) => file.slice(0, index + 1))]));
const TOPS = "src|test|simulator|web|scripts|proto|bench|examples|deploy|docs|bin";

/** Words in backticks, outside of fenced blocks. */
function words(text: string): readonly string[] {
  return [...text.replace(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/`([^`\n]+)`/g)].flatMap(([, word = ""]) => word.split(/[\s,]+/));
}

/** Whether there is such a file or folder: by its whole path, or by the end of one where it is a module's. */
function exists(path: string): boolean {
  const bare = path.replace(/\/$/, "");
  if (ALL.has(bare) || ALL.has(`${bare}/`)) return true;
  if (bare.includes("*")) {
    const form = new RegExp(`^${bare.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`);
    return FILES.filter((file) => form.test(file)).length > 1;
  }
  return !new RegExp(`^(${TOPS})/`).test(bare) && FILES.some((file) => file.endsWith(`/${bare}`));
}

/** Path of a folder that src/README.md names. */
const place = (folder: string) => (folder.startsWith("../") ? folder.slice("../".length) : `src/${folder}`);

describe("the documents", () => {
  it.each([...pages(), "src/README.md"])("%s: the files that it names are there", (path) => {
    const named = words(page(path)).filter(
      (word) => new RegExp(`^(${TOPS})/[\\w.@*/-]+$`).test(word) || /^[\w*/-][\w./*-]*\.ts$/.test(word),
    );
    expect(named.filter((word) => !exists(word))).toEqual([]);
  });

  it("src/README.md: its folders are there, each is named, and so are the files that it names of them", () => {
    const rows = [...page("src/README.md").matchAll(/^\| (`.+?`) \| (.*) \|$/gm)].map(([, folders = "", holds = ""]) => ({
      folders: words(folders),
      holds: words(holds),
    }));
    const named = rows.flatMap(({ folders }) => folders);
    const folders = [...ALL].filter((path) => /^src\/([a-z-]+\/)+$/.test(path)).map((path) => path.slice("src/".length));
    const within = (folder: string) => named.some((one) => folder.startsWith(one) && one.endsWith("/"));
    expect(named.filter((folder) => !ALL.has(place(folder)))).toEqual([]);
    expect(folders.filter((folder) => !within(folder))).toEqual([]);
    const missing = rows.flatMap(({ folders: of, holds }) =>
      holds
        .filter((word) => /^[a-z]+(-[a-z]+)*\/?$/.test(word) && !named.includes(word))
        .filter(
          (word) =>
            !of.some((folder) => FILES.some((file) => new RegExp(`^${place(folder)}(.*/)?${word.replace("/", "")}(\\.ts|/)`).test(file))),
        )
        .map((word) => `${of.join(" ")} ${word}`),
    );
    expect(missing).toEqual([]);
  });
});
