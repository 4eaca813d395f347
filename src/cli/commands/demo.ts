import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startSimulator } from "../../../simulator/index.js";
import type { Config } from "../../app/config.js";
import { createToken, hashToken } from "../../http/tokens.js";
import { makeFolderSync, writeWhole } from "../../runtime/durable-file.js";
import { joinMsgs, msg } from "../../runtime/msg.js";
import type { Tokens } from "../../store/sql/tokens.js";
import { aborted, stopSignal } from "../stop.js";
import { print, say } from "../terminal.js";
import { start } from "./serve.js";

/** The simulated rooms by web_rid, with words for them. */
const DEMO_ROOMS = [
  ["100000001", msg`shopping`],
  ["100000002", msg`PK with gifts`],
  ["100000003", msg`quiet`],
] as const;

/** Some of the simulated works by their names, with words for them. */
const DEMO_WORKS = [
  ["plain", msg`a video`],
  ["pictures", msg`a note of pictures`],
  ["live_photos", msg`live photos`],
] as const;

/** `dylive demo`: the server with a simulated platform in the same process. Its data are apart from real ones, in a file also where DATABASE_URL is set. */
export async function demo(config: Config): Promise<void> {
  const stop = stopSignal();
  const data = join(config.data, "demo");
  const tokenFile = join(data, "token");
  makeFolderSync(data);
  const simulator = await startSimulator({});
  try {
    const app = await start(Object.assign(config, { data, databaseUrl: null, role: "all", upstream: simulator.url, signer: null }));
    try {
      const token = await demoToken(app.store.tokens, tokenFile);
      const url = `${app.url}/douyin/liveroom/chat?token=${token}&room_id=100000002`;
      // One that was paused stays so.
      for (const [id] of DEMO_ROOMS) await app.rooms.watch(id, stop);
      await print(
        msg`dylive demo: simulated rooms ${joinMsgs(
          DEMO_ROOMS.map(([id, what]) => msg`${id} (${what})`),
          ", ",
        )}`,
      );
      await print(msg`what it keeps: ${data} (for other commands: --data ${data})`);
      await print(msg`page: ${app.url}/#token=${token}&room=100000002`);
      const works = DEMO_WORKS.map(([name, what]) => msg`https://v.douyin.com/${simulator.works.work(name).shortCode}/ (${what})`);
      await print(msg`works: after that page, ${app.url}/#/works with ${joinMsgs(works, ", ")}`);
      await print(`curl "${url}"`);
      for (const { like, url: compat } of app.compat) await print(msg`for clients of ${like}: ${compat}`);
      await aborted(stop);
      say(msg`stopping …`);
    } finally {
      await app.close();
    }
  } finally {
    await simulator.close();
  }
}

/** Returns the demo's own token, kept in its data folder so that the printed lines go on working after a restart. */
async function demoToken(tokens: Tokens, file: string): Promise<string> {
  const known = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (known !== "" && (await tokens.find(hashToken(known))) !== null) return known;
  const { token } = await createToken(tokens, { name: "demo", scope: "admin", now: Date.now() });
  await writeWhole(file, `${token}\n`);
  return token;
}
