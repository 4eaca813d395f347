// Guards: The type of a media file is read from its first bytes.
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { packagePath } from "../../src/runtime/packages.js";
import { fileTypeOf, HEAD_BYTES } from "../../src/works/file-type.js";

const MEDIA = packagePath("simulator/media");

it("tells real little films, pictures and tunes apart by their first bytes", () => {
  const names = readdirSync(MEDIA);
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    const type = fileTypeOf(readFileSync(`${MEDIA}/${name}`).subarray(0, HEAD_BYTES));
    expect([name, type?.extension]).toEqual([name, name.slice(name.lastIndexOf(".") + 1)]);
  }
});

it.each<readonly [head: string, extension: string, holds: string]>([
  ["\0\0\0\x1cftypavif\0\0\0\0", "avif", "picture"],
  ["\0\0\0\x18ftypheic\0\0\0\0", "heic", "picture"],
  ["\0\0\0\x18ftypmif1\0\0\0\0", "heic", "picture"],
  ["\0\0\0\x20ftypM4A \0\0\0\0", "m4a", "sound"],
  ["\0\0\0\x14ftypqt  \0\0\0\0", "mov", "film"],
  ["\0\0\0\x18ftypiso5\0\0\0\0", "mp4", "film"],
  ["\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "png", "picture"],
  ["GIF89a", "gif", "picture"],
  ["\xff\xd8\xff\xe0", "jpeg", "picture"],
  ["RIFF\x24\0\0\0WEBPVP8 ", "webp", "picture"],
  ["ID3\x03\0", "mp3", "sound"],
  ["\xff\xfb\x90\0", "mp3", "sound"],
  ["\xff\xf1\x50\x80", "aac", "sound"],
  ["<!DOCTYPE html>", "html", "page"],
  ["\xef\xbb\xbf\n <html lang=zh>", "html", "page"],
  ["<script>", "html", "page"],
])("%j is %s", (head, extension, holds) => {
  expect(fileTypeOf(Buffer.from(head, "latin1"))).toEqual({ extension, holds });
});

it.each(["", "\0", "RIFF\x24\0\0\0WAVE", "ftyp", '{"status_code":0}', "<", "\xff", "\xff\xd8"])("%j is nothing that is known", (head) => {
  expect(fileTypeOf(Buffer.from(head, "latin1"))).toBeNull();
});
