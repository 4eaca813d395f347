// Guards: The built dashboard loads less than 350 KB for the first feed, and has no inline code.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const BUILT = new URL("../../dist/web/", import.meta.url);
const MOST_BYTES = 350 * 1024;
const read = (name: string) => readFileSync(new URL(name, BUILT));
const assets = readdirSync(new URL("assets/", BUILT)).filter((name) => /\.(js|css)$/.test(name));

/** A file and all that it imports as it loads. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, to = ""] of read(`assets/${name}`)
    .toString()
    .matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g))
    withImports(to, found);
  return found;
}

describe("the built dashboard", () => {
  it("loads less than 350 KB compressed before the first room and its feed are shown, and the charts after that", () => {
    const index = read("index.html").toString();
    const entry = [...index.matchAll(/assets\/([\w.-]+\.(?:js|css))/g)].map(([, name = ""]) => name);
    const page = assets.filter((name) => name.startsWith("RoomPage"));
    expect([entry.length > 1, page.length > 0]).toEqual([true, true]);
    const scripts = [...entry, ...page].filter((name) => name.endsWith(".js"));
    const all = new Set([...entry, ...page, ...scripts.flatMap((name) => [...withImports(name)])]);
    const bytes = [...all].reduce((sum, name) => sum + read(`assets/${name}.gz`).length, 0);
    console.log(`first load: ${Math.round(bytes / 1024)} KB compressed of ${all.size} files`);
    expect(bytes).toBeGreaterThan(20 * 1024);
    expect(bytes).toBeLessThan(MOST_BYTES);
    const charts = assets.filter((name) => read(`assets/${name}`).includes("zrender") || name.startsWith("minute-plot"));
    expect(charts.length).toBeGreaterThan(0);
    expect(charts.filter((name) => all.has(name))).toEqual([]);
  });

  it("has no code in its page, and evaluates none", () => {
    expect(read("index.html").toString()).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    for (const name of assets.filter((one) => one.endsWith(".js")))
      expect([name, /new Function\(|\beval\(/.test(read(`assets/${name}`).toString())]).toEqual([name, false]);
  });
});
