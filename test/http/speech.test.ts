// Guards: a speech engine gets strangers' words as data, and is bounded in time, size and number.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findSpeech, Speech, type SpeechEngine } from "../../src/http/speech.js";
import { FakeClock } from "../clock.js";
import { until } from "../until.js";
import { serveApi } from "./api-server.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dylive-speech-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const HEADER = `Buffer.concat([Buffer.from("RIFF\\x24\\xf0\\xff\\x7fWAVEfmt \\x10\\0\\0\\0\\x01\\0\\x01\\0", "latin1"), (() => { const b = Buffer.alloc(16); b.writeUInt32LE(22050, 0); b.writeUInt32LE(44100, 4); b.writeUInt16LE(2, 8); b.writeUInt16LE(16, 10); b.write("data", 12, "latin1"); return b; })(), Buffer.from([0, 0xf0, 0xff, 0x7f])])`;

/** Writes a stand-in for a speech program, which notes how it was run: its arguments, its stdin and what it could see of our environment. */
function program(
  name: "espeak-ng" | "piper",
  body = "process.stdout.write(Buffer.concat([header, Buffer.alloc(2000, 1)]));",
): SpeechEngine {
  const path = join(folder, name);
  writeFileSync(
    path,
    `#!${process.execPath}
const { readFileSync, appendFileSync } = require("node:fs");
const header = ${name === "piper" ? "Buffer.alloc(0)" : HEADER};
const text = readFileSync(0, "utf8");
appendFileSync(${JSON.stringify(join(folder, "runs"))}, JSON.stringify({ args: process.argv.slice(2), text, secret: process.env.DYLIVE_SECRET ?? null, pid: process.pid }) + "\\n");
${body}
`,
  );
  chmodSync(path, 0o700);
  const model = name === "piper" ? join(folder, "voice.onnx") : null;
  if (model !== null) writeFileSync(`${model}.json`, JSON.stringify({ audio: { sample_rate: 16_000 } }));
  return { name, program: path, model, env: { PATH: "/usr/bin:/bin" } };
}
interface Run {
  readonly args: readonly string[];
  readonly text: string;
  readonly secret: string | null;
  readonly pid: number;
}
/** How the stand-in was run so far: one that has just opened its file may have written nothing yet. */
function runs(): readonly Run[] {
  const file = join(folder, "runs");
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Run);
}
function hasEnded(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}
const words = (text: string) => ({ text, lang: "zh", speed: 100 }) as const;

/** Reads the head of a WAV file of plain samples, and compares what it says with what is there. */
function readWav(file: Buffer): { readonly rate: number; readonly samples: number } {
  expect([file.toString("latin1", 0, 4), file.toString("latin1", 8, 16), file.toString("latin1", 36, 40)]).toEqual([
    "RIFF",
    "WAVEfmt ",
    "data",
  ]);
  expect([file.readUInt32LE(4), file.readUInt32LE(40)]).toEqual([file.length - 8, file.length - 44]);
  return { rate: file.readUInt32LE(24), samples: (file.length - 44) / 2 };
}

describe("speech", () => {
  it("is made of hostile words on stdin, which no shell and no engine takes for anything else, and says how long it is", async () => {
    process.env["DYLIVE_SECRET"] = "hidden";
    const speech = new Speech(program("espeak-ng"), new FakeClock());
    const hostile = `-f /etc/passwd; $(touch ${folder}/hacked) \`id\` [[h@'loU]] <audio src="x"/>\n--stdout\u0000\u202e\ud800`;
    const sound = await speech.say({ text: hostile, lang: "en", speed: 200 }, "t").finally(() => delete process.env["DYLIVE_SECRET"]);
    expect(readWav(sound)).toEqual({ rate: 22_050, samples: 1_000 });
    const [run] = runs();
    expect(run?.args).toEqual(["-b", "1", "-v", "en", "-s", "350", "--stdin", "--stdout"]);
    expect(run?.text).toBe(`-f /etc/passwd; $(touch ${folder}/hacked) \`id\` [ [h@'loU]] <audio src="x"/> --stdout \ufffd\n`);
    expect([run?.secret, existsSync(join(folder, "hacked"))]).toEqual([null, false]);
    await speech.close();
  });

  it("of piper is played as the file beside its voice says", async () => {
    const engine = program("piper");
    const speech = new Speech(engine, new FakeClock());
    expect(readWav(await speech.say({ ...words("你好"), speed: 50 }, "t"))).toEqual({ rate: 16_000, samples: 1_000 });
    expect(runs()[0]).toMatchObject({ args: ["--model", engine.model, "--length_scale", "2.00", "--output-raw"], text: "你好\n" });
    rmSync(`${engine.model}.json`);
    await expect(speech.say(words("再见"), "t")).rejects.toMatchObject({ code: "speech_failed" });
  });

  it("is made once for all who ask for the same at a time", async () => {
    const speech = new Speech(program("espeak-ng"), new FakeClock());
    const [one, other] = await Promise.all([speech.say(words("你好"), "a"), speech.say(words("你好 "), "b")]);
    expect([other === one, runs().length]).toEqual([true, 1]);
  });

  it("that does not end is ended, as is one that never stops making sound; a failure says which", async () => {
    const clock = new FakeClock();
    const engine = program(
      "espeak-ng",
      `if (text.startsWith("慢")) setInterval(() => {}, 1000);
else if (text.startsWith("多")) { const part = Buffer.alloc(1 << 20); const go = () => process.stdout.write(part, go); go(); }
else if (text.startsWith("坏")) process.exit(3);`,
    );
    const speech = new Speech(engine, clock);
    const slow = speech.say(words("慢"), "t");
    const ended = expect(slow).rejects.toMatchObject({
      code: "speech_failed",
      message: expect.stringContaining("had not ended after 10 s"),
    });
    await until(async () => runs().length === 1);
    await clock.advance(10_000);
    await ended;
    await until(() => hasEnded(runs()[0]?.pid ?? 0));
    await expect(speech.say(words("多"), "t")).rejects.toMatchObject({ message: expect.stringContaining("more than 6 MiB") });
    await expect(speech.say(words("坏"), "t")).rejects.toMatchObject({ message: expect.stringContaining("code 3") });
    await expect(speech.say(words("无"), "t")).rejects.toMatchObject({ message: expect.stringContaining("no sound") });
    await expect(new Speech({ ...engine, program: join(folder, "none") }, clock).say(words("一"), "t")).rejects.toMatchObject({
      code: "speech_failed",
    });
  });

  it("of one token never keeps another's waiting for more than its turn", async () => {
    const clock = new FakeClock();
    const speech = new Speech(
      program(
        "espeak-ng",
        `if (text.startsWith("慢")) setInterval(() => {}, 1000); else process.stdout.write(Buffer.concat([header, Buffer.alloc(2000, 1)]));`,
      ),
      clock,
    );
    const all = Array.from({ length: 30 }, (_, at) => speech.say(words(`慢 ${at}`), "a").catch(({ code }: { code: string }) => code));
    const other = speech.say(words("你好"), "b");
    other.catch(() => {}); // looked at below
    expect(await Promise.all(all.slice(16))).toEqual(Array.from({ length: 14 }, () => "in_use"));
    await until(() => runs().length === 2);
    await clock.advance(10_000);
    expect(readWav(await other).samples).toBe(1_000);
    const said = runs().map(({ text }) => text.trim());
    expect(said.slice(0, 2).sort()).toEqual(["慢 0", "慢 1"]);
    expect(said.indexOf("你好")).toBeLessThan(4);
    await speech.close();
  });

  it.each(["   ", "!!!", "😀", "[[", "\u200b"])("is refused where there is nothing to say: %j", async (text) => {
    const speech = new Speech(program("espeak-ng"), new FakeClock());
    await expect(speech.say(words(text), "t")).rejects.toMatchObject({ code: "bad_request", field: "text" });
    expect(runs()).toEqual([]);
  });
});

describe("the engine", () => {
  it("is what the operator chose, else what is installed; piper only with a voice", () => {
    const isProgram = (file: string) => file.startsWith("/bin/");
    const find = (named: string | null, model: string | null, ...programs: string[]) =>
      findSpeech(named, model, { programs, env: {} }, isProgram);
    expect(find(null, null, "/usr/bin/espeak-ng", "/bin/espeak-ng")?.program).toBe("/bin/espeak-ng");
    expect(find(null, "v.onnx", "/bin/espeak-ng", "/bin/piper")).toEqual({
      name: "piper",
      program: "/bin/piper",
      model: "v.onnx",
      env: {},
    });
    expect(find("none", null, "/bin/espeak-ng")).toBeNull();
    expect(() => find("piper", "v.onnx", "/bin/espeak-ng")).toThrow("is not a program");
    expect(find("/bin/speak", null)).toMatchObject({ name: "espeak-ng", program: "/bin/speak" });
    expect(() => find("/usr/speak", null)).toThrow("is not a program");
    expect(() => find("/bin/piper", null)).toThrow("DYLIVE_SPEECH_MODEL");
  });
});

describe("/v1/speech", () => {
  it("says who speaks, and speaks to who may read", async () => {
    const { api, call, tokens } = await serveApi({ speech: program("espeak-ng") });
    expect((await call("/v1/speech", { token: tokens.read })).body).toEqual({ engine: "espeak-ng" });
    expect((await call("/v1/speech", { token: null })).status).toBe(401);
    const ask = (text: string, token: string | null) =>
      fetch(`${api.url}/v1/speech`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(token !== null && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ text }),
      });
    const reply = await ask("你好", tokens.read);
    expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "audio/wav"]);
    expect(readWav(Buffer.from(await reply.arrayBuffer())).samples).toBe(1_000);
    expect(runs()[0]?.args).toEqual(["-b", "1", "-v", "cmn", "-s", "175", "--stdin", "--stdout"]);
    expect((await ask("你好", null)).status).toBe(401);
    expect((await ask("长".repeat(201), tokens.read)).status).toBe(400);
    expect(runs()).toHaveLength(1);
  });

  it("is not offered where nothing is installed, and says what would be", async () => {
    const { call } = await serveApi();
    expect((await call("/v1/speech")).body).toEqual({ engine: null });
    const refused = await call("/v1/speech", { method: "POST", json: { text: "你好" } });
    expect([refused.status, refused.text]).toEqual([404, expect.stringContaining("espeak-ng")]);
  });
});
