// Guards: a recording outlives a torn end, is replayed and stripped, and is imported once, however often.
import { readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { dylive, ran, scratch } from "../e2e/command.js";
import { until } from "../until.js";

const dir = scratch();
const file = join(dir.path, "room.dyrec");
afterAll(() => dir.remove());

it("records, goes on behind a torn end, replays, strips and imports a room", async () => {
  const simulator = await startSimulator({ rateFactor: 10 });
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  for (let part = 1; part <= 2; part++) {
    const record = dylive(["record", "100000002", "--out", file, "--upstream", simulator.url]);
    await until(() => size() > part * 15_000);
    record.process.kill("SIGTERM");
    expect(await record.ended).toBe(0);
    if (part === 1) truncateSync(file, size() - 7); // a crash in mid-write
  }
  await simulator.close();
  const replayed = await ran(["replay", file, "--speed", "0", "--json"]);
  const events = replayed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly id: string; readonly user?: { readonly nickname: string } | null });
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  expect(replayed).toMatchObject({ code: 0, stderr: expect.stringContaining(`${events.length} events`) });
  const bare = join(dir.path, "bare.dyrec");
  expect(await ran(["strip", file, "--out", bare])).toMatchObject({ code: 0, stderr: expect.stringContaining("without names") });
  const people = new Set(events.flatMap(({ user }) => user?.nickname ?? []));
  expect(people.size).toBeGreaterThan(3);
  const bytes = readFileSync(bare);
  expect([...people].filter((nickname) => nickname.length > 2 && bytes.includes(nickname))).toEqual([]);
  const env = { DYLIVE_DATA: dir.path };
  const first = await ran(["import", file], env);
  // With the ends of combos that the recording breaks off.
  expect([first.code, Number(/, (\d+) events/.exec(first.stderr)?.[1]) >= events.length]).toEqual([0, true]);
  expect(await ran(["import", file], env)).toMatchObject({ code: 0, stderr: expect.stringContaining(", 0 events") });
});
