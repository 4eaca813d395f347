import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { corpus, type Simulator, startSimulator } from "../../simulator/index.js";
import { until } from "../until.js";
import { casesOf } from "../whole.js";
import { chat, dylive, ran, scratch, serving } from "./command.js";

/** A wrong command with its settings, and what is said of it. */
type Wrong = readonly [args: readonly string[], env: Readonly<Record<string, string>>, sentence: RegExp];

let simulator: Simulator;
const dir = scratch();
beforeAll(async () => {
  simulator = await startSimulator({ rateFactor: 3 });
});
afterAll(async () => {
  await simulator.close();
  dir.remove();
});

describe("dylive", () => {
  it("explains itself in 80 columns", async () => {
    const { code, stdout } = await ran(["--help"]);
    expect(code).toBe(0);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const name of ["serve", "demo", "watch", "record", "replay", "import", "decode", "token", "simulate"])
      expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
    expect((await ran(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  /** Refused by the code that refuses another of these, or of wrong-input.test.ts. */
  const alike: readonly Wrong[] = [
    [["serve", "--port", "many"], {}, /whole number/],
    [["serve"], { DYLIVE_UPSTREAM: "not a url" }, /DYLIVE_UPSTREAM/],
    [["decode", "/nowhere/file.bin"], {}, /nowhere/],
    [["replay", "/nowhere"], {}, /nowhere/],
  ];
  const wrong: readonly Wrong[] = [
    [["nonsense"], {}, /unknown command/],
    [["token", "create"], {}, /--name/],
    [["token", "create", "--name", "x", "--scope", "god"], {}, /scope.*read.*manage.*admin/],
    [["serve"], { DYLIVE_PORT: "99999" }, /DYLIVE_PORT.*65,535/],
    [["watch", "a/b"], { DYLIVE_PROT: "1" }, /no setting DYLIVE_PROT.*DYLIVE_PORT[\s\S]*a\/b/],
  ];
  it.each(casesOf(wrong, alike))("%j says in one sentence what is wrong", async (args, env, sentence) => {
    const { code, stdout, stderr } = await ran(args, { DYLIVE_DATA: dir.path, ...env });
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});

describe("dylive doctor", () => {
  it("says of a running server that one thing kept everything else waiting", async () => {
    const env = { DYLIVE_DATA: join(dir.path, "held"), DYLIVE_PORT: "0" };
    const { server } = await serving(env, ["--upstream", simulator.url]);
    server.process.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 400));
    server.process.kill("SIGCONT");
    const owner = () =>
      JSON.parse(readFileSync(join(env.DYLIVE_DATA, "server.pid"), "utf8")) as { readonly health?: { readonly heldMs: number } };
    await until(() => (owner().health?.heldMs ?? 0) >= 250);
    const { stdout } = await ran(["doctor", "--json", "--upstream", simulator.url], env);
    const { findings } = JSON.parse(stdout) as { readonly findings: readonly { readonly layer: string }[] };
    expect(findings.find(({ layer }) => layer === "server")).toMatchObject({
      state: "warn",
      detail: expect.stringMatching(
        new RegExp(`^pid ${server.process.pid}: one piece of work has kept everything else waiting for \\d{3,} ms `),
      ),
      todo: expect.stringContaining("Look at the load of this machine"),
    });
    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  });
});

describe("dylive token", () => {
  it("prints the token as the last line of stdout, and keeps only its hash", async () => {
    const data = join(dir.path, "tokens");
    const { code, stdout } = await ran(["token", "create", "--name", "my client"], { DYLIVE_DATA: data });
    expect(code).toBe(0);
    const token = stdout.trimEnd().split("\n").at(-1) ?? "";
    expect(token).toMatch(/^dyl_[\w-]{43}$/);
    for (const file of ["dylive.sqlite", "dylive.sqlite-wal"]) {
      try {
        expect(readFileSync(join(data, file)).includes(token)).toBe(false);
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe("ENOENT");
      }
    }
    const list = await ran(["token", "list"], { DYLIVE_DATA: data });
    expect(list.stdout).toMatch(/read .* valid {2}my client/);
    const id = list.stdout.split(" ")[0] ?? "";
    expect((await ran(["token", "revoke", id], { DYLIVE_DATA: data })).code).toBe(0);
    expect((await ran(["token", "list"], { DYLIVE_DATA: data })).stdout).toMatch(/revoked/);
    expect((await ran(["token", "revoke", id], { DYLIVE_DATA: data })).code).toBe(2);
  });
});

describe("dylive serve", () => {
  it("serves the compatible interface on a platform of another process, one server a folder, and stops within 5 s", async () => {
    const data = join(dir.path, "serve");
    const fake = dylive(["simulate", "--port", "0"]);
    const upstream = (await fake.printed(/(http:\S+)\n$/))[1] ?? "";
    const token = (await ran(["token", "create", "--name", "t"], { DYLIVE_DATA: data })).stdout.trim();
    const server = dylive(["serve", "--upstream", upstream], { DYLIVE_DATA: data, DYLIVE_PORT: "0" });
    const base = (await server.printed(/listens on (http:\S+)/))[1] ?? "";
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await chat(base, { token: "wrong", room_id: "100000002" })).status).toBe(401);
    const first = await chat(base, { token, room_id: "100000002" });
    expect(first.status, first.text).toBe(200);
    expect(first.headers.get("x-room-state")).toBe("live");
    expect((await chat(base, { token, room_id: "999999999" })).status).toBe(404);

    const second = await ran(["serve"], { DYLIVE_DATA: data, DYLIVE_PORT: "0" });
    expect(second.code).not.toBe(0);
    expect(second.stderr.trim().split("\n").at(-1)).toMatch(new RegExp(`in use.*${server.process.pid}`));
    const port = new URL(base).port;
    const taken = await ran(["serve"], { DYLIVE_DATA: join(dir.path, "other"), DYLIVE_PORT: port });
    expect(taken.code).not.toBe(0);
    expect(taken.stderr.trim().split("\n").at(-1)).toContain(port);

    const waiting = chat(base, { token, room_id: "100000002", types: "WebcastNeverMessage", wait: "50" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const at = Date.now();
    server.process.kill("SIGTERM");
    expect((await waiting).body.data).toEqual([]);
    expect(await server.ended).toBe(0);
    expect(Date.now() - at).toBeLessThan(5000);
    fake.process.kill("SIGTERM");
    expect(await fake.ended).toBe(0);
  });
});

describe("dylive watch, record, replay, import, decode", () => {
  const recording = join(dir.path, "room.dyrec");

  it("watch shows a room's events, as JSON when asked", async () => {
    const run = dylive(["watch", "100000002", "--json", "--upstream", simulator.url]);
    await run.printed(/"type":"chat"/);
    run.process.kill("SIGTERM");
    expect(await run.ended).toBe(0);
    const events = run
      .stdout()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.length).toBeGreaterThan(0);
    expect(run.stderr()).toMatch(/100000002: live/);
  });

  it("ends quietly when nobody reads any longer", async () => {
    const run = dylive(["watch", "100000002", "--upstream", simulator.url]);
    await run.printed(/\n/);
    run.process.stdout?.destroy();
    expect(await run.ended).toBe(0);
    expect(run.stderr()).not.toMatch(/\n\s+at /);
  });

  it("record writes what comes, and continues a file after a crash in mid-write", async () => {
    const once = async () => {
      const run = dylive(["record", "100000002", "--out", recording, "--upstream", simulator.url]);
      const size = () => {
        try {
          return statSync(recording).size;
        } catch {
          return 0;
        }
      };
      const before = size();
      while (size() < before + 20_000) await new Promise((resolve) => setTimeout(resolve, 50));
      run.process.kill("SIGTERM");
      expect(await run.ended).toBe(0);
    };
    await once();
    truncateSync(recording, statSync(recording).size - 7);
    await once();
  });

  it("replay shows its events and stores nothing", async () => {
    const { code, stdout, stderr } = await ran(["replay", recording, "--speed", "0", "--json"]);
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(events.map(({ type }) => type))).toContain("chat");
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(stderr).toContain(`${events.length} events`);
    expect(stderr).not.toContain("torn");
  });

  it("import stores it once, however often", async () => {
    const data = join(dir.path, "import");
    const first = await ran(["import", recording], { DYLIVE_DATA: data });
    expect(first.code).toBe(0);
    const added = Number(/, (\d+) events/.exec(first.stderr)?.[1]);
    expect(added).toBeGreaterThan(20);
    const again = await ran(["import", recording], { DYLIVE_DATA: data });
    expect(again.stderr).toMatch(/, 0 events/);
    const decoded = await ran(["decode", recording]);
    // What was sent again under a number of its own is shown as often as it came, and stored once.
    const ids = decoded.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(new Set(ids).size).toBe(added);
  });

  it("decode reads raw frames, Responses and payloads, and says on stderr what it does not know", async () => {
    const { frames, inflated, messages } = corpus({ frames: 3 });
    const folder = join(dir.path, "single");
    mkdirSync(folder);
    writeFileSync(join(folder, "a.bin"), frames[0] ?? "");
    writeFileSync(join(folder, "b.bin"), inflated[1] ?? "");
    writeFileSync(join(folder, "NewThingMessage.bin"), Buffer.from("0a00", "hex"));
    const { code, stdout, stderr } = await ran(["decode", ...["a.bin", "b.bin", "NewThingMessage.bin"].map((name) => join(folder, name))]);
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.at(-1)).toMatchObject({ type: "unknown", method: "WebcastNewThingMessage" });
    expect(events.length).toBeGreaterThan((messages / 3) * 1.5);
    expect(stderr).toContain("unknown method WebcastNewThingMessage: 1");
    writeFileSync(join(folder, "c.bin"), "hello");
    expect(await ran(["decode", join(folder, "c.bin")])).toMatchObject({ code: 2, stdout: "" });
  });
});
