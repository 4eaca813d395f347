import { DyliveError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { FileLock } from "../runtime/file-lock.js";
import { msg } from "../runtime/msg.js";

/** Takes the lock by which one process at a time writes a file. @throws DyliveError in_use while another has it, file_failed */
export function lockFor(path: string, lockPath: string): FileLock {
  let lock: FileLock | null;
  try {
    lock = FileLock.take(lockPath);
  } catch (error) {
    throw unwritable(path, error);
  }
  if (lock === null) throw new DyliveError("in_use", msg`another process writes ${path}: wait for it, or name another file`);
  return lock;
}

export function unwritable(path: string, error: unknown): unknown {
  return fileFailure(error, msg`${path} cannot be written`);
}
