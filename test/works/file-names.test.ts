// Guards: A file's name follows the template, stays in its folder and has the work's id, whatever a title says.
import { resolve, sep, win32 } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileNames } from "../../src/works/file-names.js";
import { ANY_CHARACTER } from "../any-character.js";
import { aWork } from "./a-work.js";

type NamedFile = Parameters<FileNames["stem"]>[1];

const FILM: NamedFile = { role: "video", index: 0, quality: "1080p" };
const ID = "7600000000000000001";

describe("a file's name", () => {
  it("follows the template, in local time", () => {
    const work = aWork({ text: "雨后 #徒步\n第二行", title: "山路", time: new Date(2026, 0, 2, 3, 4, 5).getTime() });
    const name = (template: string, file = FILM) => new FileNames(template).stem(work, file);
    expect(new FileNames().stem(work, FILM)).toBe(`山里的相机/2026-01-02 雨后 #徒步 第二行 ${ID}`);
    expect(name("{kind}/{id}/{date}-{time} {title} {quality}")).toBe(`video/${ID}/2026-01-02-030405 山路 1080p`);
    expect(name("{text}")).toBe(`雨后 #徒步 第二行 ${ID}`);
    expect(name("{text}{id}")).toBe(`雨后 #徒步 第二行${ID} ${ID}`);
  });

  it("tells the files of a work apart: pictures by number, a still and its clip by their type alone", () => {
    const names = (template: string) =>
      (["image", "clip", "cover", "music", "meta"] as const).map((role) =>
        new FileNames(template).stem(aWork(), { role, index: 11, quality: null }),
      );
    expect(names("{id}")).toEqual([`${ID}_12`, `${ID}_12`, `${ID}_cover_12`, `${ID}_music`, `${ID}.meta`]);
    expect(names("{id}/{index}")).toEqual([`${ID}/12`, `${ID}/12`, `${ID}/12_cover`, `${ID}/12_music`, `${ID}/12.meta`]);
  });

  it.each([
    ["..", "_"],
    ["../../etc/passwd", "_.._etc_passwd"],
    ["  .hidden. ", "hidden"],
    ["-rf", "rf"],
    ["CON", "_CON"],
    ["nul .txt", "_nul .txt"],
    ["COM¹", "_COM¹"],
    ["lpt9.tar.gz", "_lpt9.tar.gz"],
    ["a\u202egpj.exe", "agpj.exe"],
    ["a\u200b\u2060\ufeffb", "a b"],
    ["a\u0000\u001b[2Jb", "a[2Jb"],
    ['<>:"/\\|?*', "_________"],
    ["\ud800x", "\ufffdx"],
    ["e\u0301", "é"],
    ["", "_"],
  ])("of %j is %j", (nickname, folder) => {
    expect(new FileNames("{author}/{id}").stem(aWork({ author: { nickname } }), FILM)).toBe(`${folder}/${ID}`);
  });

  it("is cut by bytes between signs, never in the id", () => {
    const stem = new FileNames("{text} {title} {id}").stem(aWork({ text: "👨‍👩‍👧字".repeat(300), title: "é".repeat(300) }), FILM);
    expect(Buffer.byteLength(stem)).toBeLessThanOrEqual(160);
    expect(stem.endsWith(`é ${ID}`)).toBe(true);
    expect(stem.isWellFormed()).toBe(true);
  });

  it.each([
    ["{nobody}", "no field {nobody}"],
    ["{text", "brace"],
    ["a:b {id}", "may not have"],
    ["a\\{id}", "may not have"],
    ["/{id}", "each part"],
    ["{id}/", "each part"],
    ["../{id}", "each part"],
    [".../{id}", "each part"],
    ["\u202e{id}", "not seen"],
    ["x".repeat(201), "200"],
    [`${"字".repeat(21)}{id}`, "60 bytes"],
    ["{id}/".repeat(9), "8 parts"],
  ])("is refused where the template is %j", (template, why) => {
    expect(() => new FileNames(template)).toThrow(expect.objectContaining({ code: "bad_request", detail: expect.stringContaining(why) }));
  });

  it("is refused for a work whose id is none", () => {
    for (const id of ["", "1/../../2", "12", "a".repeat(19), `${ID}\n`])
      expect(() => new FileNames().stem(aWork({ id }), FILM)).toThrow(expect.objectContaining({ code: "bad_work" }));
  });
});

/** Texts as an enemy writes them. */
const hostile = fc.oneof(
  fc.string({ unit: ANY_CHARACTER, maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 400 }),
  fc
    .array(
      fc.constantFrom("..", "/", "\\", ".", " ", "-", "\u202e", "\u200d", "\ud83d", "CON", "nul", "7600000000000000001", "_01", "\n", "字"),
    )
    .map((parts) => parts.join("")),
);
const template = fc
  .array(
    fc
      .array(
        fc.constantFrom("{author}", "{text}", "{title}", "{id}", "{index}", "{quality}", "{date}", "{time}", "{kind}", " ", "_", "a", "字"),
        {
          minLength: 1,
          maxLength: 6,
        },
      )
      .map((parts) => parts.join("")),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join("/"))
  .filter((text) => {
    try {
      return new FileNames(text) !== null;
    } catch {
      return false;
    }
  });
const file: fc.Arbitrary<NamedFile> = fc.record({
  role: fc.constantFrom("video", "image", "cover", "music", "meta"),
  index: fc.nat(200),
  quality: fc.constantFrom(null, "1080p", "720p", "../x"),
});
const id = fc.constantFrom("7600000000000000001", "7600000000000000002", "76000000000000000010", "1000000000");
const work = fc
  .record({ id, text: hostile, title: fc.option(hostile), nickname: fc.option(hostile), time: fc.double() })
  .map(({ nickname, ...rest }) => aWork({ ...rest, author: { nickname } }));

describe("whatever strangers write, a name", () => {
  it("stays in its folder and is valid on Linux, macOS and Windows", () => {
    fc.assert(
      fc.property(template, work, file, (text, one, which) => {
        const stem = new FileNames(text).stem(one, which);
        const names = stem.split("/");
        expect(stem).toContain(one.id);
        expect(names).toHaveLength(text.split("/").length);
        expect(resolve("/out", stem).startsWith(`/out${sep}`)).toBe(true);
        expect(win32.resolve("C:\\out", stem).startsWith("C:\\out\\")).toBe(true);
        for (const name of names) {
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(160 + "_cover_201".length);
          expect(name).toMatch(/^[^. ~-][^\\:*?"<>|\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]*$/u);
          expect(name).toMatch(/[^. ]$/);
          expect(name).not.toMatch(/^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i);
          expect(name.normalize("NFC")).toBe(name);
        }
      }),
    );
  });
});
