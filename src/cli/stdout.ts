import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { promisify } from "node:util";
import { isMainThread } from "node:worker_threads";
import { fileFailure } from "../runtime/file-failure.js";
import { msg } from "../runtime/msg.js";

/**
 * Writes to stdout, waiting when the reader is slow. A file has all of it when this resolves, and nothing of it when it fails.
 * @throws DyliveError file_failed when the disk does not take it; an error of code EPIPE when the reader has left
 */
export async function writeOut(data: string | Uint8Array): Promise<void> {
  try {
    if (isFile()) writeWholly(typeof data === "string" ? Buffer.from(data) : data);
    else await new Promise<void>((resolve, reject) => process.stdout.write(data, (error) => (error ? reject(error) : resolve())));
  } catch (error) {
    throw fileFailure(error, msg`the output cannot be written`);
  }
}

/** Returns whether stdout is a file. In a worker thread it is what the main thread makes of it. */
function isFile(): boolean {
  return isMainThread && !(process.stdout instanceof Socket) && fstatSync(1).isFile();
}

/** Writes to the file that is stdout. Node itself takes a write that a full disk cut short for a whole one. */
function writeWholly(bytes: Uint8Array): void {
  const before = fstatSync(1).size;
  let at = 0;
  try {
    while (at < bytes.length) at += writeSync(1, bytes, at);
  } catch (error) {
    // Half a line would spoil the next one. Not where another program has written behind it.
    if (at > 0 && fstatSync(1).size === before + at) ftruncateSync(1, before);
    throw error;
  }
}

/** Waits until the disk has what was written to stdout. @throws DyliveError file_failed */
export async function syncOut(): Promise<void> {
  await promisify(fdatasync)(1).catch((error: unknown) => {
    throw fileFailure(error, msg`the output cannot be written`);
  });
}

/** Returns whether stdout is a file that ends within a line. One that cannot be read is taken for whole. */
export function isTorn(): boolean {
  if (!isFile() || fstatSync(1).size === 0) return false;
  let file: number;
  try {
    file = openSync("/dev/fd/1", "r");
  } catch {
    return false;
  }
  try {
    const last = Buffer.alloc(1);
    return readSync(file, last, 0, 1, fstatSync(file).size - 1) === 1 && last.toString() !== "\n";
  } finally {
    closeSync(file);
  }
}
