// Guards: The dashboard makes no HTML of strangers' text, loads images of the platform's hosts alone, and imports only pure files of the server.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { IMAGE_DOMAINS } from "../../src/platform/access/platform.js";
import { languageOf } from "../../web/src/i18n/language-of.js";
import { readLink } from "../../web/src/link.js";
import { IMAGE_HOSTS, safeImage } from "../../web/src/safe-image.js";

const WEB = fileURLToPath(new URL("../../web/", import.meta.url));
const sources = readdirSync(WEB, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(ts|vue|html)$/.test(name))
  .map((name) => ({ name, text: readFileSync(`${WEB}${name}`, "utf8") }));

describe("images that strangers name", () => {
  it("are loaded from the platform's hosts alone, over https", () => {
    const good = "https://p3.douyinpic.com/aweme/100x100/a.jpeg?from=1";
    expect(safeImage(good)).toBe(good);
    for (const bad of [
      "http://p3.douyinpic.com/a.jpeg",
      "https://douyinpic.com.evil.com/a",
      "https://evildouyinpic.com/a",
      "https://user@p3.douyinpic.com:8443/a",
      "javascript:alert(1)",
      "data:image/svg+xml,<svg onload=alert(1)>",
      "",
      null,
    ])
      expect([bad, safeImage(bad)]).toEqual([bad, null]);
  });

  it("come from the server itself where a stand-in takes the platform's place", () => {
    expect(safeImage("https://p3.douyinpic.com/aweme/a.jpeg?from=1", "/@")).toBe("/@p3.douyinpic.com/aweme/a.jpeg?from=1");
    for (const bad of ["https://evil.com/a", "http://p3.douyinpic.com/a.jpeg"]) expect(safeImage(bad, "/@")).toBeNull();
  });

  it("are of the hosts that the policy names", () => {
    expect(IMAGE_HOSTS).toEqual(IMAGE_DOMAINS);
  });
});

describe("the dashboard's sources", () => {
  it("use in overlays nothing that the browser of OBS 28, Chromium 103, lacks", () => {
    const newer = /canParse|toSorted|toReversed|toSpliced|groupBy|withResolvers|AbortSignal\.any|fromAsync|isWellFormed/;
    const shown = sources.filter(({ name }) => /^src\/(overlay|api|format)\/|^src\/safe-image/.test(name.replaceAll("\\", "/")));
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.filter(({ text }) => newer.test(text.replaceAll(/^ ?\*.*|\/\*\*.*?\*\//gm, ""))).map(({ name }) => name)).toEqual([]);
  });

  it("never make HTML of what strangers wrote, and have nothing inline", () => {
    const wrong = /v-html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc/;
    expect(sources.filter(({ text }) => wrong.test(text)).map(({ name }) => name)).toEqual([]);
    const page = sources.find(({ name }) => name === "index.html")?.text ?? "";
    expect(page).toContain("<script");
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|<style|\sstyle=|javascript:/i);
  });

  it("import types alone from the server, but for the rule by which rungs are chosen, what can be seen of a name, the words of reasons and how a client reads errors, which import no more", () => {
    const of = (path: string) => readFileSync(fileURLToPath(new URL(`../../src/${path}`, import.meta.url)), "utf8");
    const imported = (path: string) => [...of(path).matchAll(/^import (?!type ).*"(.*)";$/gm)].map(([, from]) => from);
    expect(
      [
        "client/failure.ts",
        "events/hidden.ts",
        "works/model/quality.ts",
        "runtime/msg.ts",
        "i18n/zh/errors.ts",
        "i18n/zh/reasons.ts",
        "i18n/zh/works.ts",
      ].flatMap(imported),
    ).toEqual([]);
    const own = ["../runtime/msg.js", "./chinese.js", "./zh/errors.js", "./zh/reasons.js", "./zh/works.js"];
    expect(imported("i18n/reasons.ts")).toEqual(own);
    expect(imported("i18n/chinese.ts")).toEqual(["../runtime/msg.js"]);
    const imports = sources.flatMap(({ name, text }) =>
      [...text.matchAll(/^(import|export) [^"]*?"((?:\.\.\/){2,}src\/[^"]*)";$/gm)].map((found) => ({ name, found })),
    );
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter(({ found }) => !/^(import|export) type /.test(found[0])).map(({ name, found }) => `${name} ${found[2]}`)).toEqual(
      [
        "src/api/failure.ts ../../../src/client/failure.js",
        "src/components/DeleteButton.vue ../../../src/events/hidden.js",
        "src/i18n/strangers.ts ../../../src/events/hidden.js",
        "src/i18n/tables.ts ../../../src/i18n/reasons.js",
        "src/works/rungs.ts ../../../src/works/model/quality.js",
      ],
    );
  });
});

describe("the printed link", () => {
  it("brings a token and a room; the dashboard's own addresses bring none", () => {
    expect(readLink("#token=dyl_a-b&room=100000002")).toEqual({ token: "dyl_a-b", room: "100000002" });
    expect(readLink("#room=%E5%88%86%E4%BA%AB")).toEqual({ token: null, room: "分享" });
    for (const hash of ["", "#", "#/rooms/1", "#/rooms?token=x"]) expect(readLink(hash)).toEqual({ token: null, room: null });
  });
});

describe("the language", () => {
  it("is Chinese unless another was chosen or is preferred", () => {
    expect([languageOf(null, undefined), languageOf(null, "de"), languageOf("zh", "en")]).toEqual(["zh", "en", "zh"]);
  });
});
