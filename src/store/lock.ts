import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../runtime/clock.js";
import { makeFolderSync } from "../runtime/durable-file.js";
import { DyliveError } from "../runtime/errors.js";
import { FileLock } from "../runtime/file-lock.js";
import { msg } from "../runtime/msg.js";
import { placeFailure } from "./sqlite/refusal.js";

/** File in which the owner says who it is, and how. */
const OWNER = "server.pid";
/** Pause before a lock is tried again, in ms. */
const AGAIN_MS = 100;

/** State of a server, by what it says of itself. */
interface ServerHealth {
  /** Longest time within ten minutes for which one piece of work kept everything else waiting, in ms. */
  readonly heldMs: number;
}

/** What an owner says of itself beside its pid. */
interface OwnerFacts {
  readonly health: ServerHealth;
  /** Address of its local socket, and the store that is asked there. */
  readonly server: { readonly socket: string; readonly databaseUrl: string | null };
}

/** Lock of a data directory, held until `release` or the end of the process. */
interface DataDirLock {
  /** Says more of the owner, for {@link dataDirOwner}. @throws the system's errors */
  tell(facts: Partial<OwnerFacts>): void;
  /** Releases the directory; later calls change nothing. */
  release(): void;
}

interface LockOptions {
  readonly clock?: Clock;
  /** Time for which an owner that says no address, such as a command, is waited for, in ms; 0 by default. */
  readonly waitMs?: number;
}

/**
 * Makes this process the only server of a data directory, which is made when it does not exist.
 *
 * The lock is a {@link FileLock} on `server.lock`; `server.pid` beside it names the owner, for people and for the error.
 *
 * @throws DyliveError `in_use` when another server has the directory; `bad_config`, `store_forbidden`, `store_readonly`, `disk_full` when
 * it cannot be written
 */
export async function lockDataDir(dir: string, { clock = systemClock, waitMs = 0 }: LockOptions = {}): Promise<DataDirLock> {
  const owner = join(dir, OWNER);
  const path = join(dir, "server.lock");
  let about: Readonly<Record<string, unknown>> = { since: new Date(clock.now()).toISOString() };
  let held: FileLock;
  try {
    makeFolderSync(dir);
    const end = clock.now() + waitMs;
    let taken = FileLock.take(path);
    while (taken === null && !("socket" in read(owner)) && clock.now() < end) {
      await clock.sleep(AGAIN_MS);
      taken = FileLock.take(path);
    }
    if (taken === null) throw inUse(dir, owner);
    held = taken;
    writeOwner(owner, about);
  } catch (error) {
    throw placeFailure(error, path, msg`the data directory ${dir} cannot be used`);
  }
  return {
    tell: ({ health, server }) => {
      about = {
        ...about,
        ...(health !== undefined && { health: { ...health, at: clock.now() } }),
        ...(server !== undefined && { socket: server.socket, store: storeMark(server.databaseUrl) }),
      };
      if (held.isHeld) writeOwner(owner, about);
    },
    release: () => {
      if (!held.isHeld) return;
      // First the name, then the lock: the next owner's name is not removed.
      rmSync(owner, { force: true });
      held.release();
    },
  };
}

/** Server that has a data directory. */
interface DataDirOwner {
  /** Null in the moment before it has said it. */
  readonly pid: number | null;
  /** Last state that it wrote, and when, ms UTC; null before it has. */
  readonly health: (ServerHealth & { readonly at: number }) | null;
}

/**
 * Returns the address at which the server of a data directory says that it is asked for a store; null where none has said. One that was
 * killed has said, too.
 * @param databaseUrl of PostgreSQL; null for the store in the directory
 */
export function serverSocketOf(dir: string, databaseUrl: string | null): string | null {
  const { socket, store } = read(join(dir, OWNER));
  return typeof socket === "string" && store === storeMark(databaseUrl) ? socket : null;
}

/** Names a store without its password. */
function storeMark(databaseUrl: string | null): string {
  return databaseUrl === null ? "sqlite" : createHash("sha256").update(databaseUrl).digest("hex");
}

/** Returns the server that has a data directory now; null where none has. */
export function dataDirOwner(dir: string): DataDirOwner | null {
  if (!isLockHeld(dir)) return null;
  const owner = join(dir, OWNER);
  const { health } = read(owner);
  const { at, heldMs } = fieldsOf(health);
  return {
    pid: pidIn(owner),
    health: typeof at === "number" && typeof heldMs === "number" ? { at, heldMs } : null,
  };
}

function isLockHeld(dir: string): boolean {
  const path = join(dir, "server.lock");
  if (!existsSync(path)) return false;
  const lock = FileLock.take(path);
  lock?.release();
  return lock === null;
}

function writeOwner(path: string, about: object): void {
  // By rename, so that no half name is read.
  const next = `${path}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify({ pid: process.pid, ...about })}\n`, { mode: 0o600 });
  renameSync(next, path);
}

function inUse(dir: string, owner: string): DyliveError {
  const pid = pidIn(owner);
  const who = pid === null ? msg`another process` : msg`the server with pid ${pid}`;
  return new DyliveError("in_use", msg`${who} has the data directory ${dir}`);
}

function pidIn(owner: string): number | null {
  const { pid } = read(owner);
  return typeof pid === "number" ? pid : null;
}

function read(owner: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(readFileSync(owner, "utf8")));
  } catch {
    // The owner has the lock and is about to write its name.
    return {};
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
