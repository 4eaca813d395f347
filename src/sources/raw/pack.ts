import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { WireError } from "../../platform/wire/reader.js";
import { RecordingReader } from "../../platform/wire/recording.js";
import { NewFile } from "../../runtime/durable-file.js";

const CHUNK_BYTES = 256 * 1024;

/**
 * Compresses a recording that is written to no more: `FILE` becomes `FILE.gz`. A torn tail, which a crash leaves, is left out. A crash on the
 * way leaves the file as it was.
 * @returns bytes that were torn; null when there was nothing whole in the file, which is then removed
 */
export async function packRaw(path: string, signal: AbortSignal): Promise<number | null> {
  const good = await goodBytes(path, signal);
  if (good === null) {
    await rm(path, { force: true });
    return null;
  }
  const file = await NewFile.create(`${path}.gz`);
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
