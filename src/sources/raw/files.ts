import { type Dirent, existsSync } from "node:fs";
import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** Returns the folder of all raw recordings, in the data folder. */
export function rawFolder(data: string): string {
  return join(data, "raw");
}

/** A file of raw frames of one room: of one broadcast, one day (UTC), and no more than a size. */
export interface RawFile {
  readonly path: string;
  readonly room: number;
  /** room_id of the broadcast. */
  readonly sessionId: string;
  /** Time when its first frame was received, ms UTC. */
  readonly startedAt: number;
  /** Time when its last frame was received, or a while later, on the same day (UTC) at the latest; ms UTC. */
  readonly endedAt: number;
  /** Time when the file was written last, or {@link seeRaw seen}; ms UTC. */
  readonly writtenAt: number;
  readonly bytes: number;
  /** Whether it is not yet compressed: a server may be writing to it, or was killed while it did. */
  readonly open: boolean;
}

const DAY_MS = 86_400_000;
const NAME = /^(\d{8}T\d{9}Z)-(\w{0,64})\.dyrec(\.gz)?$/;

/** Returns the name of a file that begins at a moment; names sort by it. */
export function rawName(startedAt: number, sessionId: string): string {
  return `${new Date(startedAt).toISOString().replace(/[-:.]/g, "")}-${sessionId.replace(/\W/g, "").slice(0, 64)}.dyrec`;
}

/**
 * Lists the raw recordings of a room, or of all rooms, oldest first.
 * @param folder of all raw recordings; none is no recordings
 */
export async function rawFiles(folder: string, only?: number): Promise<readonly RawFile[]> {
  const found: RawFile[] = [];
  for (const room of only === undefined ? await rawRooms(folder) : [only]) {
    const own = join(folder, String(room));
    for (const { name } of await entries(own)) {
      const file = await look(own, name, room);
      if (file !== null) found.push(file);
    }
  }
  return found.sort((a, b) => a.startedAt - b.startedAt || (a.path < b.path ? -1 : 1));
}

/** Returns where a recording is now that was listed before: it may have been compressed meanwhile. Null: it was removed. */
export function whereNow({ path }: Pick<RawFile, "path">): string | null {
  return [path, `${path}.gz`].find((one) => existsSync(one)) ?? null;
}

/** Lists the rooms of which there are recordings. */
export async function rawRooms(folder: string): Promise<readonly number[]> {
  return (await entries(folder)).flatMap(({ name }) => (/^\d+$/.test(name) ? Number(name) : []));
}

/** Removes a recording; one that is gone already is no error. */
export async function removeRaw({ path }: Pick<RawFile, "path">): Promise<void> {
  await rm(path, { force: true });
}

/** Gives a recording whose times are yet to come the time of now as that of its last writing: its age counts from there. @param now ms UTC */
export async function seeRaw({ path }: Pick<RawFile, "path">, now: number): Promise<void> {
  await utimes(path, now / 1000, now / 1000);
}

async function entries(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function look(folder: string, name: string, room: number): Promise<RawFile | null> {
  const [, began, sessionId, packed] = NAME.exec(name) ?? [];
  if (began === undefined || sessionId === undefined) return null;
  const path = join(folder, name);
  // Both are there when a crash came between: the packed one is whole.
  if (packed === undefined && existsSync(`${path}.gz`)) return null;
  const startedAt = Date.parse(began.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/, "$1-$2-$3T$4:$5:$6.$7Z"));
  try {
    const { size, mtimeMs } = await stat(path);
    const writtenAt = Math.floor(mtimeMs);
    const endedAt = Math.max(startedAt, Math.min(writtenAt, (Math.floor(startedAt / DAY_MS) + 1) * DAY_MS));
    return { path, room, sessionId, startedAt, endedAt, writtenAt, bytes: size, open: packed === undefined };
  } catch {
    return null; // removed, or packed, while we looked
  }
}
