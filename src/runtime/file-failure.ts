import { DyliveError } from "./errors.js";

/** Trouble that the system reports about a file or folder. */
interface FileTrouble {
  /** Cause, as the end of a sentence. */
  readonly why: string;
  /** Remedy, in sentences. */
  readonly todo: string;
}

const RIGHTS: FileTrouble = {
  why: "this user may not",
  todo: "Give the user that dylive runs as the right to it, and to every folder above it (chown, chmod), or name another place.",
};
const FULL: FileTrouble = { why: "the disk is full", todo: "Free some space on that disk, or name a place on another." };
const HANDLES: FileTrouble = {
  why: "too many files are open",
  todo: "Raise the limit of open files (ulimit -n, or LimitNOFILE= of the service), or end what has so many open.",
};

const TROUBLES: Readonly<Record<string, FileTrouble>> = {
  ENOENT: { why: "there is no such file or folder", todo: "Check the path for a typing error, or make the folder." },
  ENOTDIR: { why: "a part of its path is a file, not a folder", todo: "Correct the path, or move that file away." },
  EISDIR: { why: "it is a folder", todo: "Name a file." },
  EEXIST: { why: "it exists already", todo: "Name another one, or remove it." },
  EACCES: RIGHTS,
  EPERM: RIGHTS,
  EROFS: {
    why: "the disk is mounted read-only",
    todo: "Mount the disk so that it can be written (in a container: the volume without :ro), or name a place on another.",
  },
  ENOSPC: FULL,
  SQLITE_FULL: FULL, // of a lock, which is a file of SQLite's
  EDQUOT: {
    why: "this user's share of the disk is used up",
    todo: "Free some of it, have the quota raised, or name a place on another disk.",
  },
  EFBIG: { why: "files may not grow so large", todo: "Raise the limit of file sizes (ulimit -f)." },
  EMFILE: HANDLES,
  ENFILE: HANDLES,
  ENAMETOOLONG: { why: "its name is too long", todo: "Name it shorter." },
  EIO: { why: "the disk failed", todo: "Look at the system's log for errors of that disk, and keep a copy of what is on it." },
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
export function fileFailure(error: unknown, doing: string): unknown {
  const trouble = troubleOf(error);
  return trouble === null ? error : new DyliveError("file_failed", `${doing}: ${trouble.why}`, error);
}
