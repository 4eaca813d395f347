import { createReadStream, existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { WireError } from "../../platform/wire/reader.js";
import { RecordingReader } from "../../platform/wire/recording.js";
import type { Clock } from "../../runtime/clock.js";
import { makeFolder, NewFile } from "../../runtime/durable-file.js";
import { rawFiles, rewriteAlone } from "./files.js";

const CHUNK_BYTES = 256 * 1024;

/**
 * Compresses a recording that nobody writes to any more: `FILE` becomes `FILE.gz`. A torn tail, which a crash leaves, is left out. A crash on the
 * way leaves the file as it was.
 * @returns bytes that were torn; null when there was nothing whole in the file, which is then removed
 */
export async function packRaw(path: string, signal: AbortSignal): Promise<number | null> {
  const good = await goodBytes(path, signal);
  if (good === null) {
    await rm(path, { force: true });
    return null;
  }
  const file = await NewFile.create(`${path}.gz`, `${path}.gz.part`);
  try {
    const packed = createGzip();
    const reading = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    await pipeline(reading, upTo(good.bytes), packed, (bytes: AsyncIterable<Uint8Array>) => file.take(bytes), { signal });
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.finish();
  await rm(path, { force: true });
  return good.torn;
}

async function goodBytes(path: string, signal: AbortSignal): Promise<{ readonly bytes: number; readonly torn: number } | null> {
  const reader = new RecordingReader();
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) reader.push(chunk as Buffer);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
  return reader.meta === null ? null : { bytes: reader.goodBytes, torn: reader.end() };
}

function upTo(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const taken = chunk.subarray(0, left);
      left -= taken.length;
      done(null, taken);
    },
  });
}

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
 * @param isRunning tells whether a server runs in the data folder
 */
export async function closeRecordings(folder: string, isRunning: () => boolean, clock: Clock, signal: AbortSignal): Promise<void> {
  if (!existsSync(folder)) return;
  const packAll = async () => {
    if (isRunning()) return false; // it has begun while we waited, and writes
    for (const { path, open } of await rawFiles(folder)) if (open) await packRaw(path, signal);
    return true;
  };
  if (!isRunning() && (await rewriteAlone(folder, clock, signal, packAll))) return;
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
