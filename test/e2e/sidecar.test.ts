// Guards: a sidecar that is killed again and again (kill -9) writes each line once and leaves nothing but its files.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { momentIn } from "../../src/exports/recording-time.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { until } from "../until.js";
import { dylive, ran, scratch } from "./command.js";

const ROOM = "98765";
const dir = scratch();
afterAll(() => dir.remove());

it("killed again and again it has each line once, and leaves nothing but its files", async () => {
  const folder = join(dir.path, "films");
  mkdirSync(folder);
  const env = { DYLIVE_DATA: dir.path };
  const store = openSqliteStore({ path: join(dir.path, "dylive.sqlite") });
  const { append } = await claimed(store, ROOM);
  const startMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const film = momentIn(0, startMs).slice(0, 19).replaceAll(":", "-");
  const xml = join(folder, `${film}.xml`);
  const all: string[] = [];
  /** A minute of the room, and a film that has grown by as much. */
  const grow = async () => {
    const told = Array.from({ length: 4000 }, () => {
      const at = startMs + 1000 + all.length;
      const id = `7423411736${100_000 + all.length}`;
      all.push(id);
      return chat(id, { text: "句", time: at, receivedAt: at });
    });
    await append(...told);
    appendFileSync(join(folder, `${film}.flv`), Buffer.alloc(1000));
  };
  const ids = (path: string) => [...readFileSync(path, "utf8").matchAll(/7423411736\d{6}/g)].map(([id]) => id);
  const args = ["sidecar", folder, "--room", ROOM, "--time-zone", "Z", "--once"];
  for (let kill = 0; kill < 3; kill++) {
    await grow();
    const run = dylive(args, env);
    const isWriting = () => readdirSync(folder).some((name) => /^\.dylive-[0-9a-f]{16}\.part$/.test(name)) || existsSync(xml);
    await (kill === 0 ? until(isWriting) : Promise.race([run.ended, new Promise((resolve) => setTimeout(resolve, 300 + kill * 250))]));
    run.process.kill("SIGKILL");
    await run.ended;
    if (existsSync(xml)) expect(ids(xml)).toEqual(all.slice(0, ids(xml).length));
  }
  expect(await ran(args, env)).toMatchObject({ code: 0 });
  expect(ids(xml)).toEqual(all);
  expect(new Set(ids(join(folder, `${film}.jsonl`)))).toEqual(new Set(all));
  const beside = [".ass", ".flv", ".jsonl", ".srt", ".xml"].map((ending) => film + ending);
  expect(readdirSync(folder).sort()).toEqual([".dylive-sidecar-1.json", ...beside]);
  await store.close();
});
