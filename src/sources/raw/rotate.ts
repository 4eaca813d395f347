import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../runtime/clock.js";
import { makeFolder } from "../../runtime/durable-file.js";
import { rawFiles } from "./files.js";
import { packRaw } from "./pack.js";

/** Time that a server has to close and compress what it writes to, in ms; its files are 64 MiB at most. */
const WAIT_MS = 30_000;
const LOOK_MS = 200;

/** Returns the file that asks whoever writes recordings in a folder to close them. */
export function rotateMark(folder: string): string {
  return join(folder, "close-files");
}

/**
 * Has everything that was recorded so far closed and compressed: by the server that writes it, which looks for our mark, or by us where no
 * server runs. What a server does not close in time stays open.
 * @param running whether a server runs in the data folder
 */
export async function closeRecordings(folder: string, running: boolean, clock: Clock, signal: AbortSignal): Promise<void> {
  if (!existsSync(folder)) return;
  if (!running) {
    for (const { path, open } of await rawFiles(folder)) if (open) await packRaw(path, signal);
    return;
  }
  const mark = rotateMark(folder);
  await makeFolder(folder);
  await writeFile(mark, "", { mode: 0o600 });
  const end = clock.now() + WAIT_MS;
  try {
    while (existsSync(mark) && clock.now() < end) await clock.sleep(LOOK_MS, signal);
  } finally {
    await rm(mark, { force: true });
  }
}
