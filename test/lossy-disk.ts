import fs, { existsSync, fstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";

/** What a power loss may leave under a name; null: nothing, `torn`: a file whose bytes never came to the disk. */
export type Outcome = string | null;
const TORN = "torn";

/**
 * A folder on a disk that may lose whatever was not flushed: the bytes of a file since its last flush, and names that came, went or moved since
 * their folder was flushed. Names may also come to the disk by themselves, before the bytes that they lead to.
 */
export class LossyDisk {
  readonly #root: string;
  /** Bytes by file, as last flushed. */
  readonly #bytes = new Map<string, string>();
  /** Names by folder, as last flushed: to which file each led. */
  readonly #names = new Map<string, ReadonlyMap<string, string>>();
  readonly #steps = new Set<() => void>();

  private constructor(root: string) {
    this.#root = root;
    for (const [path, id] of this.#walk()) this.#flushed(path, id);
  }

  /** Puts a folder on such a disk for as long as the work takes. */
  static async under(root: string, work: (disk: LossyDisk) => Promise<void>): Promise<void> {
    const disk = new LossyDisk(root);
    const handle = await open(root, "r");
    const proto = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const undo: (() => void)[] = [];
    const watch = <T extends object, K extends keyof T>(owner: T, name: K, after: (args: readonly unknown[], self: unknown) => void) => {
      const original = owner[name] as unknown as (...args: unknown[]) => unknown;
      const watched = function (this: unknown, ...args: unknown[]) {
        const result = original.apply(this, args);
        if (!(result instanceof Promise)) {
          after(args, this);
          return result;
        }
        return result.then((value: unknown) => {
          after(args, this);
          return value;
        });
      };
      Object.assign(owner, { [name]: watched });
      undo.push(() => Object.assign(owner, { [name]: original }));
    };
    const flush = (_: readonly unknown[], self: unknown) => disk.#flush((self as FileHandle).fd);
    watch(proto, "sync", flush);
    watch(proto, "datasync", flush);
    watch(fs, "fsyncSync", ([fd]) => disk.#flush(fd as number));
    watch(fs, "fdatasyncSync", ([fd]) => disk.#flush(fd as number));
    for (const name of ["rename", "link", "rm"] as const) watch(fs.promises, name, () => disk.#step());
    watch(fs, "renameSync", () => disk.#step());
    syncBuiltinESMExports();
    try {
      await work(disk);
    } finally {
      for (const restore of undo.reverse()) restore();
      syncBuiltinESMExports();
    }
  }

  /** Calls back after every flush and every change of a name: a power loss may come at any of them. */
  atEachStep(look: () => void): void {
    this.#steps.add(look);
  }

  /** All that a power loss now may leave under a name. */
  outcomes(path: string): ReadonlySet<Outcome> {
    const outcomes = new Set<Outcome>();
    for (const above of this.#mayBe(dirname(path))) {
      if (above === null) {
        outcomes.add(null);
        continue;
      }
      for (const id of new Set([this.#names.get(above)?.get(nameOf(path)) ?? null, this.#idOf(path)])) outcomes.add(this.#contentOf(id));
    }
    return outcomes;
  }

  #contentOf(id: string | null): Outcome {
    if (id === null) return null;
    const kept = this.#bytes.get(id) ?? "";
    const now = this.#walk().find(([, one]) => one === id)?.[0];
    return now === undefined || readFileSync(now, "utf8") === kept ? kept : TORN;
  }

  /** What may stand for a folder after a power loss. */
  #mayBe(folder: string): readonly (string | null)[] {
    const id = this.#idOf(folder);
    if (folder === this.#root) return [id];
    const kept = this.#mayBe(dirname(folder)).map((above) =>
      above === null ? null : (this.#names.get(above)?.get(nameOf(folder)) ?? null),
    );
    return [...new Set([...kept, id])];
  }

  #flush(fd: number): void {
    const id = idOf(fstatSync(fd, { bigint: true }));
    const found = this.#walk().find(([, one]) => one === id);
    if (found !== undefined) this.#flushed(found[0], id);
    this.#step();
  }

  #flushed(path: string, id: string): void {
    if (!statSync(path).isDirectory()) this.#bytes.set(id, readFileSync(path, "utf8"));
    else this.#names.set(id, new Map(readdirSync(path).map((name) => [name, this.#idOf(join(path, name)) ?? ""])));
  }

  #step(): void {
    for (const look of this.#steps) look();
  }

  #walk(path = this.#root): readonly (readonly [path: string, id: string])[] {
    const below = statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => this.#walk(join(path, name))) : [];
    return [[path, this.#idOf(path) ?? ""], ...below];
  }

  #idOf(path: string): string | null {
    return existsSync(path) ? idOf(statSync(path, { bigint: true })) : null;
  }
}

/** A number of a file is given again when the file is gone. */
function idOf({ ino, birthtimeNs }: { readonly ino: bigint; readonly birthtimeNs: bigint }): string {
  return `${ino}:${birthtimeNs}`;
}

function nameOf(path: string): string {
  return path.slice(dirname(path).length + 1);
}
