import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { type SimulatedWork, type Simulator, startSimulator, type WorkFault } from "../../simulator/index.js";
import { readDetail } from "../../src/platform/works/work.js";
import { type DownloadOptions, downloadWork } from "../../src/works/download.js";
import type { Download, DownloadFile } from "../../src/works/model/download.js";
import type { Work } from "../../src/works/model/work.js";
import { Visitor } from "../simulator/works-visitor.js";

/** A platform whose works are downloaded, with what is true of them. */
export class DownloadStage {
  readonly simulator: Simulator;
  readonly #visitor: Visitor;
  readonly #faulty = new Set<string>();

  private constructor(simulator: Simulator) {
    this.simulator = simulator;
    this.#visitor = new Visitor(simulator);
  }

  static async open(): Promise<DownloadStage> {
    return new DownloadStage(await startSimulator({ rooms: [] }));
  }

  truth(name: string): SimulatedWork {
    return this.simulator.works.work(name);
  }

  /** Reads a work as its page's reply tells it. */
  async read(name: string): Promise<Work> {
    const { id } = this.truth(name);
    const { status, text } = await this.#visitor.ask("aweme/detail", { aweme_id: id });
    const read = readDetail({ status, headers: {}, body: text }, id, { receivedAt: Date.now() });
    if (read.outcome !== "found") throw new Error(`${name}: ${JSON.stringify(read)}`);
    return read.work;
  }

  /** Gives a work these faults and no others. */
  faults(name: string, ...faults: readonly WorkFault[]): void {
    this.simulator.works.setFaults(name, faults);
    this.#faulty.add(name);
  }

  /** Takes all faults away. */
  mend(): void {
    for (const name of this.#faulty) this.simulator.works.setFaults(name, []);
  }

  /** Downloads a work, read now. */
  async download(name: string, folder: string, options: Partial<DownloadOptions> = {}): Promise<Download> {
    return this.downloadOf(await this.read(name), folder, options);
  }

  /** Downloads a work as it was read. */
  downloadOf(work: Work, folder: string, options: Partial<DownloadOptions> = {}): Promise<Download> {
    return downloadWork(work, { folder, platform: { upstream: this.simulator.url, proxy: null }, ...options });
  }

  close(): Promise<void> {
    return this.simulator.close();
  }
}

/** What is in a folder and those below it, but the ledger: paths with `/`, in order. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== ".dylive-downloads.jsonl")
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .split(sep)
        .join("/"),
    )
    .sort();
}

export function sha256In(folder: string, { name }: Pick<DownloadFile, "name">): string {
  return createHash("sha256")
    .update(readFileSync(join(folder, name ?? "")))
    .digest("hex");
}

/** The files of a role, with what is to be compared. */
export function ofRole({ files }: Download, role: DownloadFile["role"]): readonly DownloadFile[] {
  return files.filter((file) => file.role === role);
}
