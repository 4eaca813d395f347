// Guards: After a power loss a name leads to the old file or to a whole new one, and what was flushed is there.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { corpus } from "../simulator/index.js";
import { ExportFile } from "../src/cli/commands/export.js";
import { AccountStore } from "../src/platform/accounts/login-store.js";
import { encodeHeader, encodeRecord } from "../src/platform/wire/recording.js";
import { makeFolder, makeFolderSync, NewFile, removeWhole, writeWhole } from "../src/runtime/durable-file.js";
import { eraseRaw } from "../src/sources/raw/erase-all.js";
import { packRaw } from "../src/sources/raw/pack.js";
import { RawWriter } from "../src/sources/raw/recorder.js";
import { Recorder } from "../src/sources/recording.js";
import { FakeClock } from "./clock.js";
import { LossyDisk, type Outcome } from "./lossy-disk.js";
import { useFolders } from "./store/directory.js";

const folders = useFolders();
const SIGNAL = new AbortController().signal;
let root = "";
beforeEach(() => {
  root = folders();
});
const at = (name: string) => join(root, name);
const text = (path: string) => readFileSync(path, "utf8");
const one = (outcomes: ReadonlySet<Outcome>) => [...outcomes];
const RECORDING = [
  encodeHeader({ webRid: "98765", roomId: "7300000000000000019", title: "", startedAt: 1, source: "websocket" }),
  ...corpus({ frames: 20, start: 1_777_726_780_000 }).frames.map((bytes, n) => encodeRecord({ kind: "frame", receivedAt: n, bytes })),
];

/** Does the work on a disk that may fail at any step; `path` then has what it had before, or all that it is to have. */
async function neverTorn(path: string, work: () => Promise<unknown>): Promise<void> {
  const before = existsSync(path) ? text(path) : null;
  await LossyDisk.under(root, async (disk) => {
    const seen = new Set<Outcome>();
    disk.atEachStep(() => {
      for (const outcome of disk.outcomes(path)) seen.add(outcome);
    });
    await work();
    const whole = existsSync(path) ? text(path) : null;
    expect(one(disk.outcomes(path))).toEqual([whole]);
    expect([...seen].filter((outcome) => outcome !== before && outcome !== whole)).toEqual([]);
  });
}

describe("after a power loss at any moment a name leads to what it did before, or to a whole file", () => {
  it("that is written at once, new or in place of another, for its owner alone", async () => {
    await neverTorn(at("new"), () => writeWhole(at("new"), "whole"));
    writeFileSync(at("old"), "before", { mode: 0o644 });
    await neverTorn(at("old"), () => writeWhole(at("old"), "after"));
    expect(statSync(at("old")).mode & 0o777).toBe(0o600);
    expect(readdirSync(root)).toEqual(["new", "old"]);
  });

  it("that an export finishes", async () => {
    await neverTorn(at("a.csv"), async () => {
      const file = await ExportFile.open(at("a.csv"), "a", 1);
      await file.write(Buffer.from("one,"), 1);
      await file.write(Buffer.from("two"), 2);
      await file.finish();
    });
    expect(text(at("a.csv"))).toBe("one,two");
    expect(readdirSync(root)).toEqual(["a.csv"]);
  });

  it("that holds an account's cookies, and one that is removed does not come back", async () => {
    const logins = new AccountStore(at("logins"), new FakeClock());
    const cookie = { name: "sessionid", value: "s", domain: ".douyin.com", path: "/", expires: null, secure: true, httpOnly: true };
    await neverTorn(at("logins/work.json"), () => logins.save("work", [cookie]));
    await neverTorn(at("logins/work.json"), () => logins.save("work", [{ ...cookie, value: "other" }]));
    await neverTorn(at("logins/work.json"), () => logins.remove("work"));
    expect(readdirSync(at("logins"))).toEqual([]);
    expect(await logins.remove("work")).toBe(false);
  });

  it("that is a recording which is compressed, or has somebody taken out", async () => {
    writeFileSync(at("a.dyrec"), Buffer.concat(RECORDING));
    await neverTorn(at("a.dyrec.gz"), () => packRaw(at("a.dyrec"), SIGNAL));
    writeFileSync(at("b.dyrec.gz"), gzipSync(Buffer.concat(RECORDING)));
    const named = (bytes: Uint8Array) => Buffer.from(bytes).includes("WebcastChatMessage");
    await neverTorn(at("b.dyrec.gz"), () => eraseRaw(at("b.dyrec.gz"), { named, signal: SIGNAL }));
    expect(statSync(at("b.dyrec.gz")).size).toBeGreaterThan(1000);
    await neverTorn(at("b.dyrec.gz"), () => eraseRaw(at("b.dyrec.gz"), { named: () => true, signal: SIGNAL }));
    expect(existsSync(at("b.dyrec.gz"))).toBe(false);
  });
});

describe("after a power loss it is there", () => {
  const received = [{ receivedAt: 5, raw: Buffer.from("frame"), kind: "frame" as const, response: null }];

  it("what was recorded and closed, by the server and by a command", async () => {
    await LossyDisk.under(root, async (disk) => {
      const closed: string[] = [];
      const writer = new RawWriter({
        ...{ folder: at("raw/7"), clock: new FakeClock(), maxBytes: 10_000, ready: Promise.resolve() },
        onClosed: (path: string) => void closed.push(path),
        onLost: (_, error) => expect(error).toBeNull(),
      });
      writer.take(received, { sessionId: "1", webRid: "2", source: "websocket" });
      await writer.close();
      expect(one(disk.outcomes(closed[0] ?? ""))).toEqual([text(closed[0] ?? "")]);
      const recorder = new Recorder(at("b.dyrec"), { webRid: "2", roomId: "1", title: "", startedAt: 1, source: "websocket" });
      recorder.write(received, 5);
      recorder.close();
      expect(one(disk.outcomes(at("b.dyrec")))).toEqual([text(at("b.dyrec"))]);
    });
  });

  it("a folder that was made, with those above it", async () => {
    await LossyDisk.under(root, async (disk) => {
      await makeFolder(at("a/b/c"));
      makeFolderSync(at("d/e"));
      for (const folder of ["a/b/c", "d/e"]) await writeWhole(at(`${folder}/file`), "x");
      for (const folder of ["a/b/c", "d/e"]) expect(one(disk.outcomes(at(`${folder}/file`)))).toEqual(["x"]);
      await makeFolder(at("a/b")); // is there
    });
  });
});

it.runIf(process.platform === "linux")("a folder is refused where the system makes none, instead of being tried for ever", async () => {
  await expect(makeFolder("/proc/dylive/x")).rejects.toThrow("ENOENT");
  expect(() => makeFolderSync("/proc/dylive/x")).toThrow("ENOENT");
});

describe("a file that is written whole", () => {
  it("replaces nothing where it must not", async () => {
    const [a, b] = [await NewFile.create(at("a")), await NewFile.create(at("a"), at("b.part"))];
    await a.write("a");
    await b.write("b");
    await a.finish({ replace: false });
    await expect(b.finish({ replace: false })).rejects.toMatchObject({ code: "EEXIST" });
    expect(text(at("a"))).toBe("a");
    expect(readdirSync(root)).toEqual(["a"]);
  });

  it("takes the place of what a crash left of it, and goes with it", async () => {
    for (const name of ["a.part", "b.part"]) writeFileSync(at(name), "left");
    await writeWhole(at("a"), "a");
    expect([text(at("a")), readdirSync(root)]).toEqual(["a", ["a", "b.part"]]);
    expect([await removeWhole(at("b")), readdirSync(root)]).toEqual([false, ["a"]]);
  });
});
