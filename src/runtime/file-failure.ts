import { DyliveError } from "./errors.js";
import { type Told, told } from "./told.js";

/** Trouble that the system reports about a file or folder. */
interface FileTrouble {
  /** Cause, as the end of a sentence. */
  readonly why: Told;
  /** Remedy, in sentences. */
  readonly todo: Told;
}

const RIGHTS: FileTrouble = {
  why: told`this user may not`,
  todo: told`Give the user that dylive runs as the right to it, and to every folder above it (chown, chmod), or name another place.`,
};
const HANDLES: FileTrouble = {
  why: told`too many files are open`,
  todo: told`Raise the limit of open files (ulimit -n, or LimitNOFILE= of the service), or end what has so many open.`,
};

const TROUBLES: Readonly<Record<string, FileTrouble>> = {
  ENOENT: { why: told`there is no such file or folder`, todo: told`Check the path for a typing error, or make the folder.` },
  ENOTDIR: { why: told`a part of its path is a file, not a folder`, todo: told`Correct the path, or move that file away.` },
  EISDIR: { why: told`it is a folder`, todo: told`Name a file.` },
  EEXIST: { why: told`it exists already`, todo: told`Name another one, or remove it.` },
  EACCES: RIGHTS,
  EPERM: RIGHTS,
  EROFS: {
    why: told`the disk is mounted read-only`,
    todo: told`Mount the disk so that it can be written (in a container: the volume without :ro), or name a place on another.`,
  },
  ENOSPC: { why: told`the disk is full`, todo: told`Free some space on that disk, or name a place on another.` },
  EDQUOT: {
    why: told`this user's share of the disk is used up`,
    todo: told`Free some of it, have the quota raised, or name a place on another disk.`,
  },
  EFBIG: { why: told`files may not grow so large`, todo: told`Raise the limit of file sizes (ulimit -f).` },
  EMFILE: HANDLES,
  ENFILE: HANDLES,
  ELOOP: { why: told`a link is in its path`, todo: told`Name the place that the link leads to, or remove the link.` },
  ENAMETOOLONG: { why: told`its name is too long`, todo: told`Name it shorter.` },
  EIO: { why: told`the disk failed`, todo: told`Look at the system's log for errors of that disk, and keep a copy of what is on it.` },
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
export function fileFailure(error: unknown, doing: Told): unknown {
  const trouble = troubleOf(error);
  return trouble === null ? error : new DyliveError("file_failed", told`${doing}: ${trouble.why}`, error);
}
