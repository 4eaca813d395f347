import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Role } from "../../src/store/cluster.js";
import { type Run, ran, scratch, serving } from "../e2e/command.js";

export interface ClusterOptions {
  /** Of the database that all share; null: each has its own, of SQLite. */
  readonly url: string | null;
  /** Of the simulator. */
  readonly platform: string;
  /** Settings of every process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process of the built program. */
export interface ClusterProcess {
  readonly name: string;
  /** Where it listens. */
  readonly base: string;
  readonly run: Run;
  /** Of its own. */
  readonly data: string;
  /** Sends it a signal; SIGKILL ends it as a crash does, SIGSTOP lets it hang. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it in order. @returns its exit code, or the signal's name */
  stop(): Promise<number | string>;
}

/** Real processes that share a database, each with a data folder of its own. */
export class TestCluster {
  readonly #options: ClusterOptions;
  readonly #dir = scratch();
  readonly #processes: ClusterProcess[] = [];

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** Returns the data folder of a process of this name. */
  folder(name: string): string {
    const data = join(this.#dir.path, name);
    mkdirSync(data, { recursive: true });
    return data;
  }

  /** Starts `dylive serve` in a role; resolves when it listens. A process of the same name goes on with its data folder. */
  async start(name: string, role: Role, env: Readonly<Record<string, string>> = {}): Promise<ClusterProcess> {
    const data = this.folder(name);
    const { server: run, base } = await serving({ ...this.#env(data), DYLIVE_ROLE: role, DYLIVE_NAME: name, ...env });
    const signal = (one: NodeJS.Signals) => void run.process.kill(one);
    const process: ClusterProcess = {
      ...{ name, base, run, data, signal },
      stop: () => {
        signal("SIGCONT");
        signal("SIGTERM");
        return run.ended;
      },
    };
    this.#processes.push(process);
    return process;
  }

  /** Runs a command of the program on the cluster's database. */
  command(...args: readonly string[]): Promise<{ code: number | string; stdout: string; stderr: string }> {
    return ran(args, this.#env(this.#dir.path));
  }

  /** A token for everything. */
  async token(): Promise<string> {
    return (await this.command("token", "create", "--name", "test", "--scope", "admin")).stdout.trim();
  }

  /** Ends what still runs, and removes the data folders. */
  async close(): Promise<void> {
    for (const { signal } of this.#processes) signal("SIGKILL");
    await Promise.all(this.#processes.map(({ run }) => run.ended));
    this.#dir.remove();
  }

  #env(data: string): Record<string, string> {
    const { url, platform, env } = this.#options;
    const database = url === null ? {} : { DATABASE_URL: url };
    return { DYLIVE_DATA: data, DYLIVE_PORT: "0", ...database, DYLIVE_UPSTREAM: platform, DYLIVE_LOG_LEVEL: "warn", ...env };
  }
}
