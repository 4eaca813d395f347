import { eraseRaw, type RawErasing } from "./erase.js";
import { rawFiles } from "./files.js";

/** What was taken out of all recordings. */
export interface AllRawErased {
  /** Files that were written anew, or removed. */
  files: number;
  messages: number;
  frames: number;
  /** Paths of files that are being written to, so that they were left alone. */
  readonly open: string[];
  /** Paths of files that could not be read, or not be written anew, with why. */
  readonly failed: string[];
}

/**
 * Takes messages out of all compressed recordings, file after file; see {@link eraseRaw}. It can be broken off and begun again.
 * @param folder of all raw recordings
 */
export async function eraseAllRaw(folder: string, erasing: RawErasing): Promise<AllRawErased> {
  const all: AllRawErased = { files: 0, messages: 0, frames: 0, open: [], failed: [] };
  for (const { path, open } of await rawFiles(folder)) {
    erasing.signal.throwIfAborted();
    if (open) {
      all.open.push(path);
      continue;
    }
    try {
      const { messages, frames } = await eraseRaw(path, erasing);
      if (messages + frames > 0) all.files++;
      all.messages += messages;
      all.frames += frames;
    } catch (error) {
      erasing.signal.throwIfAborted();
      // Removed meanwhile by its limits: there is nothing to take anybody out of.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") all.failed.push(`${path} (${(error as Error).message})`);
    }
  }
  return all;
}
