import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second in `/proc`: Linux tells user programs 100 on every machine. */
const TICKS = 100;

/** What Linux tells of another process. */
export class Process {
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** CPU seconds so far, user and system, of all threads. */
  cpuSeconds(): number {
    return this.#ticks("stat");
  }

  /** The same of its main thread, which has the event loop. */
  mainSeconds(): number {
    return this.#ticks(`task/${this.#pid}/stat`);
  }

  /** The same of each thread by its number, the main thread first. */
  threadSeconds(): ReadonlyMap<string, number> {
    const others = readdirSync(`/proc/${this.#pid}/task`).filter((id) => id !== String(this.#pid));
    return new Map([String(this.#pid), ...others].map((id) => [id, this.#ticks(`task/${id}/stat`)]));
  }

  /** CPU seconds so far of the processes that it has begun, also of those that have ended. */
  childrenCpuSeconds(): number {
    const children = this.#read(`task/${this.#pid}/children`)
      .split(" ")
      .filter((pid) => pid !== "");
    return children.reduce((sum, pid) => sum + new Process(Number(pid)).cpuSeconds(), this.#ticks("stat", 13));
  }

  /** Time for which its main thread could have run and had no core, in ms. */
  waitedMs(): number {
    return Number(this.#read(`task/${this.#pid}/schedstat`).split(" ")[1]) / 1e6;
  }

  /** Bytes that it had written to disks so far. */
  writtenBytes(): number {
    return Number(/^write_bytes: (\d+)$/m.exec(this.#read("io"))?.[1]);
  }

  /** Memory that it has now, MB of a million bytes. */
  residentMb(): number {
    return this.#status("VmRSS");
  }

  /** Memory that it had at most, MB of a million bytes. */
  peakMb(): number {
    return this.#status("VmHWM");
  }

  /** @param field of the two, user and system, after the name */
  #ticks(file: string, field = 11): number {
    const stat = this.#read(file);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name before it may hold blanks
    return (Number(fields[field]) + Number(fields[field + 1])) / TICKS;
  }

  #status(name: string): number {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(this.#read("status"))?.[1]; // Linux says kB of 1,024
    return Math.round((1024 * Number(kibibytes)) / 1e6);
  }

  #read(file: string): string {
    return readFileSync(`/proc/${this.#pid}/${file}`, "utf8");
  }
}
