import { mkdirSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { dirname } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import type { App } from "../../src/app/app.js";
import { loadConfig } from "../../src/app/config.js";
import { start } from "../../src/cli/commands/serve.js";
import { createToken } from "../../src/http/tokens.js";
import { openStore, storeAt } from "../../src/store/open.js";
import { answer } from "../child.js";

/** Questions to the process that is measured. */
export type ServerQuestion =
  /** Puts rooms on the watch list of a store that no server has open, and makes a token. */
  | { readonly what: "fill"; readonly rooms: readonly string[] }
  | { readonly what: "start" }
  /** Writes where the CPU time of some seconds goes. */
  | { readonly what: "profile"; readonly seconds: number; readonly file: string }
  /** Writes what is in the heap. */
  | { readonly what: "heap"; readonly file: string }
  | { readonly what: "stop" };

let app: App | null = null;

answer(async (question: ServerQuestion) => {
  if (question.what === "fill") return fill(question.rooms);
  if (question.what === "start") {
    app = await start(loadConfig());
    return app.url;
  }
  if (question.what === "profile") return profile(question.seconds, question.file);
  if (question.what === "heap") return writeHeapSnapshot(folderOf(question.file));
  await app?.close();
  app = null;
  return null;
});

/** Rooms that are written together. */
const TOGETHER = 500;

async function fill(rooms: readonly string[]): Promise<string> {
  const store = await openStore(storeAt(loadConfig()));
  for (let at = 0; at < rooms.length; at += TOGETHER) {
    const keys = await Promise.all(
      rooms.slice(at, at + TOGETHER).map((webRid) => store.rooms.ensure([{ kind: "web_rid", value: webRid }], { webRid })),
    );
    await Promise.all(keys.map((room) => store.rooms.setWatch(room, "on")));
  }
  const { token } = await createToken(store.tokens, { name: "bench", scope: "admin", now: Date.now() });
  await store.close();
  return token;
}

async function profile(seconds: number, file: string): Promise<null> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  writeFileSync(folderOf(file), JSON.stringify(profile));
  return null;
}

/** Makes the folder of a file. @returns the file */
function folderOf(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  return file;
}
