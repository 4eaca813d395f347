import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";

/** Endings of what recorders write: with pictures, and sound alone. */
const ENDINGS: ReadonlySet<string> = new Set([".flv", ".ts", ".mp4", ".mkv", ".mov", ".webm", ".m4v", ".m4a", ".aac", ".mp3"]);
/** Most folders within folders, and files: beyond them a folder is not one of recordings. */
const DEPTH_MAX = 6;
const FILES_MAX = 20_000;

/** Film in a folder, as it is now. */
export interface Film {
  /** Path from the folder, without the ending. */
  readonly name: string;
  readonly ending: string;
  readonly size: number;
  /** Time of its last change, ms UTC, by the clock of its disk. */
  readonly changedAt: number;
  /** Time at which it was made; null where the file system does not say. */
  readonly madeAt: number | null;
  /** Number of the file, whatever its name. */
  readonly file: string;
  /** Bits that say who may read and write it. */
  readonly mode: number;
}

/** Content of a folder and of those in it. */
export interface FolderContent {
  readonly films: readonly Film[];
  /** Paths of all files, from the folder. */
  readonly files: ReadonlySet<string>;
}

/** Lists a folder of recordings. What is hidden, or a link, is none. @throws the system's errors about the folder itself */
export async function listFolder(folder: string): Promise<FolderContent> {
  const films: Film[] = [];
  const files = new Set<string>();
  const walk = async (inside: string, depth: number): Promise<void> => {
    for (const entry of await readdir(join(folder, inside), { withFileTypes: true })) {
      if (entry.name.startsWith(".") || files.size >= FILES_MAX) continue;
      const path = join(inside, entry.name);
      // One that may not be read, or goes in this moment, is no reason to pass over the others.
      if (entry.isDirectory() && depth < DEPTH_MAX) await walk(path, depth + 1).catch(() => {});
      if (entry.isDirectory()) continue;
      files.add(path);
      if (!entry.isFile() || !ENDINGS.has(extname(path).toLowerCase())) continue;
      const film = await filmAt(folder, path).catch(() => null);
      if (film !== null) films.push(film);
    }
  };
  await walk("", 0);
  return { films, files };
}

async function filmAt(folder: string, path: string): Promise<Film> {
  const { size, mtimeMs, birthtimeMs, ctimeMs, ino, mode } = await stat(join(folder, path));
  return {
    name: path.slice(0, -extname(path).length),
    ending: extname(path),
    size,
    changedAt: Math.round(mtimeMs),
    // Where a file system has no such time, the system gives another in its place.
    madeAt: birthtimeMs > 0 && birthtimeMs !== ctimeMs && birthtimeMs <= mtimeMs ? Math.round(birthtimeMs) : null,
    file: String(ino), // a disk that is mounted again may have another number
    mode: mode & 0o666,
  };
}

/** Returns the name of a film without its folder. */
export function ownName({ name }: Pick<Film, "name">): string {
  return basename(name);
}
