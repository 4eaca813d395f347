import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { momentIn } from "../../src/exports/recording-time.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { until } from "../until.js";
import { dylive, MAIN, ran, scratch, started } from "./command.js";

const ROOM = "98765";
const dir = scratch();
afterAll(() => dir.remove());

/** A store with a room, a folder with a film that began a minute ago, and the command for both. */
async function stage(name: string) {
  const [data, folder] = [join(dir.path, name, "data"), join(dir.path, name, "films")];
  for (const path of [data, folder]) mkdirSync(path, { recursive: true });
  const store = openSqliteStore({ path: join(data, "dylive.sqlite") });
  const { append } = await claimed(store, ROOM);
  const startMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const film = momentIn(0, startMs).slice(0, 19).replaceAll(":", "-");
  let count = 0;
  const grow = async (chats: number) => {
    const told = Array.from({ length: chats }, () => {
      const at = startMs + 1000 + count;
      return chat(`7423411736${100_000 + count++}`, { text: "句", time: at, receivedAt: at });
    });
    await append(...told);
    appendFileSync(join(folder, `${film}.flv`), Buffer.alloc(1000));
  };
  const args = ["sidecar", folder, "--room", ROOM, "--time-zone", "Z"];
  const ids = (format: string) => {
    const text = readFileSync(join(folder, `${film}.${format}`), "utf8");
    expect(format !== "xml" || text.endsWith("</i>\n")).toBe(true);
    return [...text.matchAll(/7423411736\d{6}/g)].map(([id]) => id);
  };
  const all = () => Array.from({ length: count }, (_, number) => `7423411736${100_000 + number}`);
  return { ...{ store, folder, film, grow, args, ids, all }, env: { DYLIVE_DATA: data } };
}

it("killed again and again it has each line once, and leaves nothing but its files", async () => {
  const { store, folder, film, grow, args, ids, all, env } = await stage("killed");
  for (let kill = 0; kill < 6; kill++) {
    await grow(4000);
    const run = dylive([...args, "--once"], env);
    const ended = Promise.race([run.ended, new Promise((resolve) => setTimeout(resolve, 300 + kill * 150))]);
    await (kill === 0
      ? until(
          () => readdirSync(folder).some((name) => /^\.dylive-[0-9a-f]{16}\.part$/.test(name)) || existsSync(join(folder, `${film}.xml`)),
        )
      : ended);
    run.process.kill("SIGKILL");
    await run.ended;
    if (existsSync(join(folder, `${film}.xml`))) expect(ids("xml")).toEqual(all().slice(0, ids("xml").length));
  }
  expect(await ran([...args, "--once"], env)).toMatchObject({ code: 0 });
  for (const format of ["xml", "jsonl"]) expect([...new Set(ids(format))]).toEqual(all());
  expect(ids("xml")).toHaveLength(all().length);
  const beside = [".ass", ".flv", ".jsonl", ".srt", ".xml"].map((ending) => film + ending);
  expect(readdirSync(folder).sort()).toEqual([".dylive-sidecar-1.json", ...beside]);
  await store.close();
});

it("goes on until it is stopped, beside no other one", async () => {
  const { store, folder, film, grow, args, ids, all, env } = await stage("running");
  const xml = join(folder, `${film}.xml`);
  await grow(3);
  const run = dylive(args, env);
  await until(() => /beside it|begins at/.test(run.stderr()));
  const second = await ran(args, env);
  expect(second.code).not.toBe(0);
  expect(second.stderr).toContain("another sidecar of this room is at work in");
  await until(() => existsSync(xml) && ids("xml").length === all().length);
  run.process.kill("SIGTERM");
  expect(await run.ended).toBe(0);
  await store.close();
});

it("says what is wrong with a folder, a room or a disk", async () => {
  const { store, folder, film, grow, args, ids, all, env } = await stage("wrong");
  await grow(4000);
  const [, , ...rest] = args;
  const nowhere = await ran(["sidecar", `${folder}-nowhere`, ...rest], env);
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringMatching(/nothing can be written in .*there is no such file or folder/) });
  expect(await ran(["sidecar", join(folder, `${film}.flv`), ...rest], env)).toMatchObject({ code: 2 });
  expect((await ran(["sidecar", folder, "--room", "nosuch", "--once"], env)).stderr).toContain('no room is known as "nosuch"');
  await store.close();
  // Files may grow to 64 or 128 KB: to it a disk that is full.
  const full = started("sh", ["-c", 'ulimit -f 128; exec "$0" "$@"', process.execPath, MAIN, ...args, "--once"], env);
  expect(await full.ended).toBe(1);
  expect(full.stderr()).toMatch(/cannot be written: .*it is tried again/);
  expect(readdirSync(folder).filter((name) => name.endsWith("part"))).toEqual([]);
  expect(await ran([...args, "--once"], env)).toMatchObject({ code: 0 });
  expect(ids("xml")).toEqual(all());
});
