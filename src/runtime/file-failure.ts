import { DyliveError } from "./errors.js";
import { type Msg, msg } from "./msg.js";

/** Trouble that the system reports about a file or folder. */
interface FileTrouble {
  /** Cause, as the end of a sentence. */
  readonly why: Msg;
  /** Remedy, in sentences. */
  readonly todo: Msg;
}

const RIGHTS: FileTrouble = {
  why: msg`this user may not`,
  todo: msg`Give the user that dylive runs as the right to it, and to every folder above it (chown, chmod), or name another place.`,
};
const HANDLES: FileTrouble = {
  why: msg`too many files are open`,
  todo: msg`Raise the limit of open files (ulimit -n, or LimitNOFILE= of the service), or end what has so many open.`,
};

const TROUBLES: Readonly<Record<string, FileTrouble>> = {
  ENOENT: { why: msg`there is no such file or folder`, todo: msg`Check the path for a typing error, or make the folder.` },
  ENOTDIR: { why: msg`a part of its path is a file, not a folder`, todo: msg`Correct the path, or move that file away.` },
  EISDIR: { why: msg`it is a folder`, todo: msg`Name a file.` },
  EEXIST: { why: msg`it exists already`, todo: msg`Name another one, or remove it.` },
  EACCES: RIGHTS,
  EPERM: RIGHTS,
  EROFS: {
    why: msg`the disk is mounted read-only`,
    todo: msg`Mount the disk so that it can be written (in a container: the volume without :ro), or name a place on another.`,
  },
  ENOSPC: { why: msg`the disk is full`, todo: msg`Free some space on that disk, or name a place on another.` },
  EDQUOT: {
    why: msg`this user's share of the disk is used up`,
    todo: msg`Free some of it, have the quota raised, or name a place on another disk.`,
  },
  EFBIG: { why: msg`files may not grow so large`, todo: msg`Raise the limit of file sizes (ulimit -f).` },
  EMFILE: HANDLES,
  ENFILE: HANDLES,
  ELOOP: { why: msg`a link is in its path`, todo: msg`Name the place that the link leads to, or remove the link.` },
  ENAMETOOLONG: { why: msg`its name is too long`, todo: msg`Name it shorter.` },
  EIO: { why: msg`the disk failed`, todo: msg`Look at the system's log for errors of that disk, and keep a copy of what is on it.` },
};

/** Returns what the system said, in words; null for an error that is not the system's about a file. */
export function troubleOf(error: unknown): FileTrouble | null {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" ? (TROUBLES[code] ?? null) : null;
}

/**
 * Makes the error for a file that the system does not let us use; returns any other error as it is.
 * @param doing what cannot be done, as "FILE cannot be read"
 */
export function fileFailure(error: unknown, doing: Msg): unknown {
  const trouble = troubleOf(error);
  return trouble === null ? error : new DyliveError("file_failed", msg`${doing}: ${trouble.why}`, error);
}
