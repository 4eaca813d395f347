import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { lstatSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { DyliveError } from "./errors.js";
import { msg } from "./msg.js";

/** Longest path of a Unix socket that every system takes, in bytes: macOS has room for 104 with the zero at its end. */
const PATH_MAX_BYTES = 103;
/** No one but the owner may read, write or enter. */
const OTHERS = 0o177;

/**
 * Has a server listen on a socket that only this user can reach: `server.sock` in a folder, or one in a private directory where the folder has
 * too long a path or is on a file system without sockets; on Windows a named pipe.
 * @param folder held by the caller, who alone may replace what a killed process left there; null is the private directory
 * @returns its address
 */
export async function listenLocally(server: Server, folder: string | null): Promise<string> {
  const inFolder = folder === null || process.platform === "win32" ? null : join(realpathSync(folder), "server.sock");
  if (inFolder !== null && Buffer.byteLength(inFolder) <= PATH_MAX_BYTES) {
    try {
      return await listenAt(server, inFolder);
    } catch {
      // A mounted folder of another system may take no sockets.
    }
  }
  const name = randomBytes(12).toString("hex");
  return listenAt(server, process.platform === "win32" ? `\\\\.\\pipe\\dylive-${name}` : join(privateFolder(), `${name}.sock`));
}

async function listenAt(server: Server, address: string): Promise<string> {
  if (process.platform !== "win32") rmSync(address, { force: true });
  // The file is made while `listen` is called, with the mode that the mask leaves.
  const mask = isMainThread ? process.umask(OTHERS) : null;
  try {
    server.listen(address);
  } finally {
    if (mask !== null) process.umask(mask);
  }
  await once(server, "listening");
  return address;
}

/** Returns a directory for sockets that is this user's alone. @throws DyliveError bad_config when another made it */
function privateFolder(): string {
  const user = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `dylive-${user}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  if (uid !== user || (mode & 0o170077) !== 0o040000)
    throw new DyliveError("bad_config", msg`${folder} is another user's, or open to others: remove it, or set TMPDIR`);
  return folder;
}
