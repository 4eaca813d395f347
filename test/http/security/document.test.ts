// Guards: docs/security.md names tests that exist, and every test of this folder.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../../", import.meta.url);
const text = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

describe("docs/security.md", () => {
  const rows = [...text("docs/security.md").matchAll(/^\|[^|\n]+\|[^|\n]+\|\s*`(test\/[\w/.-]+)`: (.+?)\s*\|$/gm)].map(
    ([, path, name]) => ({
      path: path ?? "",
      name: name ?? "",
    }),
  );

  it("names tests that exist, and every one that is about security", () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter(({ path, name }) => !text(path).includes(`"${name}"`))).toEqual([]);
    const shown = new Set(rows.map(({ name }) => name));
    const files = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".test.ts") && name !== "document.test.ts");
    const here = files.flatMap((name) =>
      [...text(`test/http/security/${name}`).matchAll(/^ {2}it\("([^"]+)"/gm)].map(([, title]) => title ?? ""),
    );
    expect(here.length).toBeGreaterThan(15);
    expect(here.filter((title) => !shown.has(title))).toEqual([]);
  });
});
