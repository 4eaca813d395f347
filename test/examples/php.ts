import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { HARMLESS, HOSTILE } from "./clients.js";
import { example, ROOM, type Stage } from "./stage.js";

/**
 * PHP itself, as WebAssembly: no machine needs to have it. It is 180 MB, and so it is fetched for this test rather than with every install.
 * It has no sockets: the address that it polls is a folder, in which a file has the server's answer.
 */
const PHP = "php-wasm@0.1.0";

const SCRIPT = `
import { readFileSync } from "node:fs";
import { PhpNode } from "php-wasm/PhpNode";
const [file, host, token, room, answer] = process.argv.slice(2);
const php = new PhpNode({ version: "8.3" });
let out = "", err = "";
php.addEventListener("output", ({ detail }) => { out += detail.join(""); });
php.addEventListener("error", ({ detail }) => { err += detail.join(""); });
const { FS } = await php.binary;
FS.mkdirTree("/host/douyin/liveroom");
FS.writeFile("/host/douyin/liveroom/chat?token=" + token + "&room_id=" + room, readFileSync(answer));
const argv = "<?php $argv = " + JSON.stringify(["", "/host", token, room, "1"]) + "; ?>";
await php.run(argv + readFileSync(file, "utf8"));
console.log(JSON.stringify({ out, err }));
`;

/** Fetches PHP, which the tests wait for. */
async function fetchPhp(folder: string): Promise<void> {
  writeFileSync(join(folder, "package.json"), '{"private":true,"type":"module"}');
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
  await promisify(execFile)("npm", ["install", "--prefer-offline", ...quiet, PHP], { cwd: folder });
  writeFileSync(join(folder, "php.mjs"), SCRIPT);
}

async function poll(stage: Stage, token: string, answer: string): Promise<{ readonly out: string; readonly err: string }> {
  const file = join(stage.folder, "answers", "one.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, answer);
  const run = stage.program(process.execPath, [join(stage.folder, "php.mjs"), example("literal-client.php"), "", token, ROOM, file]);
  expect(await run.ended, run.stderr()).toBe(0);
  return JSON.parse(run.stdout().trim().split("\n").at(-1) ?? "");
}

/** The client in PHP. @param stage where they are tried */
export function phpTests(stage: () => Stage): void {
  describe("the literal client in PHP", () => {
    beforeAll(() => fetchPhp(stage().folder), 300_000);

    it("prints what comes, and says what is wrong", async () => {
      const url = `${stage().base}/douyin/liveroom/chat?token=${stage().token}&room_id=${ROOM}&client=php&cursor=0`;
      let answer = "";
      for (let polls = 0; !(answer.includes("WebcastGiftMessage") && answer.includes("WebcastChatMessage")) && polls < 100; polls++) {
        if (polls > 0) await new Promise((resolve) => setTimeout(resolve, 200));
        answer = await (await fetch(url)).text();
      }
      const { data } = JSON.parse(answer) as { data: { type: string; nickname: string; text?: string; msg?: string }[] };
      const printed = (type: string, line: (event: (typeof data)[number]) => string) =>
        data.filter((event) => event.type === type).map(line);
      const { out, err } = await poll(stage(), stage().token, answer);
      expect(err).toBe("");
      const chats = printed("WebcastChatMessage", ({ nickname, text }) => `弹幕 ${nickname}: ${text}`);
      const gifts = printed("WebcastGiftMessage", ({ nickname, msg }) => `礼物 ${nickname}: ${msg}`);
      const lines = out.trim().split("\n");
      expect(lines).toEqual(expect.arrayContaining([...chats, ...gifts]));
      const shown = ["WebcastChatMessage", "WebcastGiftMessage", "WebcastSocialMessage", "WebcastMemberMessage"];
      expect(lines).toHaveLength(data.filter(({ type }) => shown.includes(type)).length);

      expect(await poll(stage(), "t", HOSTILE)).toEqual({ out: `${HARMLESS}\n`, err: "" });
      const wrong = await (await fetch(`${stage().base}/douyin/liveroom/chat?token=wrong&room_id=${ROOM}`)).text();
      expect(await poll(stage(), "wrong", wrong)).toEqual({ out: "", err: expect.stringMatching(/^401 The token is not valid/) });
    });
  });
}
