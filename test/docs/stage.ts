import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator } from "../../simulator/index.js";
import { startOpenPlatform } from "../../simulator/open-platform/open-platform.js";
import { dylive, ran } from "../e2e/command.js";
import { until } from "../until.js";
import { ROOT } from "./markdown.js";

/** A webhook as the reader's own receiver is sent it. */
export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** What the documents' blocks run against: a server with simulated rooms, and a folder with the programs that they name. */
export interface Stage {
  /** `http://127.0.0.1:PORT` of the server. */
  readonly base: string;
  /** Address of the simulator. */
  readonly simulator: string;
  /** A token of scope admin. */
  readonly token: string;
  /** Another one. */
  newToken(name: string): Promise<string>;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Address of a receiver of webhooks, and what it was sent. */
  readonly receiver: string;
  readonly deliveries: readonly Delivery[];
  /** Launch token of a room with the reader's app. */
  readonly launch: string;
  close(): Promise<void>;
}

/** The reader's app on the Open Platform. */
const APP = "tt0123456789abcdef";

/** Starts everything once for all pages. */
export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "dylive-docs-"));
  const simulator = await startSimulator({ rateFactor: 5 });
  const openPlatform = await startOpenPlatform();
  const deliveries: Delivery[] = [];
  const receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      deliveries.push({ headers: request.headers, body: JSON.parse(Buffer.concat(parts).toString("utf8")) as unknown });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const env = {
    PATH: `${programs(folder)}:${process.env["PATH"] ?? ""}`,
    HOME: folder,
    DYLIVE_LANG: "en",
    DYLIVE_DATA: join(folder, "data"),
    DYLIVE_UPSTREAM: simulator.url,
    DYLIVE_HOOK_ALLOW_PRIVATE: "127.0.0.1",
    DYLIVE_OFFICIAL_UPSTREAM: openPlatform.url,
    DYLIVE_OFFICIAL_APP: APP,
    DYLIVE_OFFICIAL_SECRET: "an-app-secret",
    DYLIVE_OFFICIAL_DATA_SECRETS: JSON.stringify({ "*": ["a-data-secret"] }),
    DYLIVE_LOG_LEVEL: "warn",
  };
  const server = dylive(["serve", "--port", "0", "--watch", "100000001", "--watch", "100000002", "--watch", "100000003"], {
    ...env,
    PATH: process.env["PATH"] ?? "",
  });
  const base = (await server.printed(/listens on (http:\S+)/))[1] ?? "";
  const token = (await ran(["token", "create", "--name", "documents", "--scope", "admin"], env)).stdout.trim();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  await fetch(`${base}/v1/rooms/100000001`, { method: "PATCH", headers, body: '{"record":true}' });
  const types = ["live_comment", "live_gift", "live_like", "live_fansclub"];
  const dataSecrets = Object.fromEntries(types.map((type) => [type, "a-data-secret"]));
  openPlatform.register({ appId: APP, secret: "an-app-secret", dataSecrets, pushUrl: `${base}/ingest/douyin-open/${APP}` });
  const { port } = receiver.address() as AddressInfo;
  return {
    base,
    simulator: simulator.url,
    token,
    newToken: async (name) => {
      const response = await fetch(`${base}/v1/tokens`, { method: "POST", headers, body: JSON.stringify({ name, scope: "admin" }) });
      return ((await response.json()) as { token: string }).token;
    },
    folder,
    env,
    receiver: `http://127.0.0.1:${port}/dylive`,
    deliveries,
    launch: openPlatform.mount(APP, "7337000000000000001"),
    close: async () => {
      server.process.kill("SIGTERM");
      await server.ended;
      await simulator.close();
      await openPlatform.close();
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What room 100000002 has after some seconds. */
export interface Audience {
  /** uids of people who gave something, most first. */
  readonly givers: readonly string[];
  /** room_id of its broadcast. */
  readonly session: string;
}

/** Waits until so many people have given something. */
export async function audienceOf({ base, token }: Stage, people: number): Promise<Audience> {
  const read = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${base}/v1/rooms/100000002/sessions${path}`, { headers: { authorization: `Bearer ${token}` } });
    return (await response.json()) as T;
  };
  return until(async () => {
    const { sessions } = await read<{ sessions: { id: string }[] }>("");
    const session = sessions[0]?.id;
    if (session === undefined) return null;
    const top = await read<{ people: { id: string }[] }>("/latest/top?by=diamonds&limit=100");
    return top.people.length < people ? null : { givers: top.people.map(({ id }) => id), session };
  });
}

/** `dylive` as built, `npx dylive`, and a stand-in for curl; other programs are the machine's. */
function programs(folder: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const script = (name: string, line: string) => writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  script("dylive", `exec "${process.execPath}" "${ROOT}dist/bin/dylive.js" "$@"`);
  script("npx", '[ "$1" = dylive ] || { echo "npx $1 is not run in the tests of the documents" >&2; exit 64; }\nexec "$@"');
  script("curl", `exec "${process.execPath}" "${ROOT}test/docs/curl.mjs" "$@"`);
  return bin;
}

/** A running program: what it has printed, and how it ended. */
export interface Program {
  readonly process: ChildProcess;
  readonly printed: () => string;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | string>;
}

/** Starts a program in a folder of the stage, with its environment alone. */
export function start(command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Program {
  // A group of its own: a signal reaches what the shell has started, too.
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let printed = "";
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    stderr += text;
  });
  const ended = new Promise<number | string>((resolve) => child.on("close", (code, signal) => resolve(code ?? signal ?? "?")));
  return { process: child, printed: () => printed, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Asks a program to end, as Ctrl-C does. */
export async function interrupt({ process: child, ended }: Program): Promise<number | string> {
  try {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGINT");
  } catch (error) {
    // It has ended, and Node is yet to tell.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
  return ended;
}
