import { fork } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { catchUp } from "../../src/statistics/reader.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { type Run, ran, scratch, serving } from "../e2e/command.js";
import { playBusyRoom } from "../statistics/busy-room.js";
import { plainWords } from "../statistics/plain-words.js";
import { programOf } from "../store/child/spawn.js";
import type { Orders } from "./attacker.js";
import type { Target } from "./attacks.js";
import { Watch } from "./watched.js";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A built server with a busy room, somebody who watches it, and attackers. */
export interface Besieged {
  readonly target: Target;
  readonly server: Run;
  /** Of its settings. */
  readonly env: Readonly<Record<string, string>>;
  readonly watch: Watch;
  /** Begins attacks, in a process of their own. @returns when they are under way, what ends them */
  attack(names: readonly string[], share: number): Promise<() => Promise<void>>;
  end(): Promise<void>;
}

/** Starts a server. @param hours of the busy room that it keeps */
export async function besieged(hours: number): Promise<Besieged> {
  const dir = scratch();
  const env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0", DYLIVE_LOG_LEVEL: "error" };
  const store = openSqliteStore({ path: `${dir.path}/dylive.sqlite` });
  const { room } = await playBusyRoom(store, { hours });
  // What is done with new events is not what is looked at.
  await catchUp(store, plainWords);
  await store.close();
  const token = (await ran(["token", "create", "--name", "t"], env)).stdout.trim();
  const { server, base } = await serving(env);
  const sizeOf = (name: string) => statSync(at(`../../dist/web/assets/${name}`)).size;
  const assets = readdirSync(at("../../dist/web/assets")).filter((name) => name.endsWith(".js"));
  const [largest = ""] = assets.sort((a, b) => sizeOf(b) - sizeOf(a));
  const target = { base, token, room, asset: `/assets/${largest}` };
  const watch = await Watch.begin(base, server.process.pid ?? 0);
  const attackers = new Set<() => Promise<void>>();
  return {
    target,
    server,
    env,
    watch,
    attack: async (names, share) => {
      const orders: Orders = { target, names, share };
      const attacker = fork(await programOf(at("attacker.ts")), [JSON.stringify(orders)]);
      // Of two cores one is the server's.
      setPriority(attacker.pid ?? 0, 10);
      const ended = new Promise<void>((resolve) => attacker.once("exit", () => resolve()));
      const end = async () => {
        attackers.delete(end);
        attacker.kill("SIGKILL");
        await ended;
      };
      attackers.add(end);
      await Promise.race([
        new Promise((resolve) => attacker.once("message", resolve)),
        ended.then(() => Promise.reject(new Error(`the attacker ended: ${names.join(", ")}`))),
      ]);
      return end;
    },
    end: async () => {
      await Promise.all([...attackers].map((end) => end()));
      await watch.end();
      if (server.process.exitCode === null) server.process.kill("SIGKILL");
      await server.ended;
      dir.remove();
    },
  };
}
