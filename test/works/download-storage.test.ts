// Guards: Removed downloads take their own files with them and no others, and no link is followed.
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { DownloadFolder } from "../../src/works/download-folder.js";
import { checkFiles, DownloadStorage, removeFiles } from "../../src/works/download-storage.js";
import { useFolders } from "../store/directory.js";
import { downloadOf, fileOf } from "./kept-download.js";

const folders = useFolders();
const [WORK, OTHER] = ["7600000000000000001", "7600000000000000002"];
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

async function stage() {
  const folder = folders();
  const storage = new DownloadStorage(folder);
  const { downloads, close } = openSqliteStore({ path: ":memory:" });
  onTestFinished(close);
  const id = await storage.make();
  for (const work of [WORK, OTHER]) {
    mkdirSync(join(folder, work, "sub"), { recursive: true });
    for (const name of ["film.mp4", "sub/film.mp4.part"]) writeFileSync(join(folder, work, name), "abc");
  }
  const ended = {
    state: "done",
    endedAt: 5,
    files: [fileOf("film.mp4", { sha256: ABC }), fileOf("x.meta.json", { role: "meta" })],
  } as const;
  const begin = (name: string, work: string, of = id) => downloads.begin(downloadOf(name, work, { ...ended, files: [...ended.files] }), of);
  return { folder, storage, downloads, id, begin };
}

it("removed downloads take their files with them, down to what was on its way, but those that another download has, too", async () => {
  const { folder, storage, downloads, begin } = await stage();
  const removed = [await begin("a", WORK), await begin("b", OTHER), await begin("c", WORK, "another folder")];
  const last = await begin("d", OTHER);
  for (const n of removed) await downloads.remove(n);
  expect(await removeFiles(downloads, storage)).toEqual([]);
  expect([existsSync(join(folder, WORK)), existsSync(join(folder, OTHER, "film.mp4"))]).toEqual([false, true]);
  expect(await downloads.removedIn("another folder")).toHaveLength(1);
  await downloads.remove(last);
  expect([await removeFiles(downloads, storage), existsSync(join(folder, OTHER))]).toEqual([[], false]);
});

it("files of a work that somebody downloads just now stay, and are told; they go when that is over", async () => {
  const { folder, storage, downloads, id, begin } = await stage();
  await downloads.remove(await begin("a", WORK));
  await downloads.remove(await begin("b", OTHER));
  const unlock = await (await DownloadFolder.open(storage.of(WORK))).lock(WORK);
  expect(await removeFiles(downloads, storage)).toEqual([join(folder, WORK)]);
  expect([existsSync(join(folder, WORK, "film.mp4")), existsSync(join(folder, OTHER))]).toEqual([true, false]);
  expect(await downloads.removedIn(id)).toHaveLength(1);
  unlock();
  expect([await removeFiles(downloads, storage), existsSync(join(folder, WORK)), await downloads.removedIn(id)]).toEqual([[], false, []]);
});

it("a link in place of a work's folder is not followed", async () => {
  const { folder, storage } = await stage();
  rmSync(join(folder, WORK), { recursive: true });
  symlinkSync(join(folder, OTHER), join(folder, WORK));
  expect(await storage.open(WORK, { name: "film.mp4", bytes: 3 })).toBeNull();
  await expect(storage.remove(WORK)).rejects.toThrow(/a link is in its path/);
  await expect(storage.real(WORK)).rejects.toThrow(/a link is in/);
  expect(existsSync(join(folder, OTHER, "film.mp4"))).toBe(true);
});

it("the check tells files that are gone, shorter or other than they were", async () => {
  const { folder, storage, downloads, begin } = await stage();
  await begin("a", WORK);
  await begin("b", OTHER);
  await begin("c", OTHER, "another folder");
  let files = 0;
  const check = () => checkFiles(downloads, storage, new AbortController().signal, () => files++);
  expect([await check(), files]).toEqual([{ findings: [], elsewhere: 1 }, 2]);
  writeFileSync(join(folder, WORK, "film.mp4"), "abd");
  writeFileSync(join(folder, OTHER, "film.mp4"), "ab");
  expect((await check()).findings).toEqual([
    `download a of the work ${WORK}: video 0 (film.mp4) has other bytes than were downloaded`,
    `download b of the work ${OTHER}: video 0 (film.mp4) is not on the disk with its 3 bytes`,
  ]);
  rmSync(join(folder, WORK), { recursive: true });
  expect((await check()).findings[0]).toContain("is not on the disk");
});
