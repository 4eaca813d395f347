import { type ExecFileException, execFile } from "node:child_process";
import { statSync } from "node:fs";
import { promisify } from "node:util";
import { LATE_MS } from "../health/backlog.js";
import type { RoomStatus } from "../health/state.js";
import type { AdminService } from "../http/api-deps.js";
import type { AboutServer, ServerSetting } from "../http/v1/admin-schemas.js";
import type { Platform } from "../platform/access/platform.js";
import { AccountService } from "../platform/accounts/account-service.js";
import type { AccountStore } from "../platform/accounts/login-store.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError, FieldError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { packagePath, packageVersion } from "../runtime/packages.js";
import type { StoreAt } from "../store/open.js";
import { keepNow, serverLimits } from "../store/server-limits.js";
import type { ChangedSetting } from "../store/sql/meta.js";
import type { Store } from "../store/store.js";
import { CHANGEABLE, type Config, environmentOf, isGiven, keepOf, mayChange, shownSettings, variableOf } from "./config.js";

/** The built command line. */
const PROGRAM = packagePath("dist/bin/dylive.js");

interface AdminDeps {
  readonly config: Config;
  /** Settings that the servers on this data are taken to be started with; by default these. */
  readonly started?: Config;
  readonly at: StoreAt;
  readonly store: Pick<Store, "retention" | "settings" | "accountDays">;
  readonly accounts: AccountStore;
  readonly platform: Platform;
  readonly clock: Clock;
  /** Returns the states of the rooms that are collected now. */
  readonly collected: () => Promise<Parameters<typeof collectionOf>[0]>;
  /** Returns the streams for clients of other programs that are on by now. */
  readonly compat: () => AboutServer["compat"];
  /** Called when settings were changed here, before that is answered. */
  readonly onChanged?: () => Promise<void>;
}

/** Returns the admin service: what the API may show and do for the server's operator. */
export function adminService({
  config,
  started = config,
  at,
  store,
  accounts,
  platform,
  clock,
  collected,
  compat,
  onChanged = async () => {},
}: AdminDeps): AdminService {
  const startedAt = clock.now();
  const { settings } = store;
  /** Returns every setting with what it is now. */
  const shown = async (): Promise<readonly ServerSetting[]> => {
    const changes = await settings.changed();
    return shownSettings(started).map(({ key, ...setting }) => {
      const change = mayChange(started, key) ? (changes.get(key) ?? null) : null;
      return {
        ...setting,
        value: change?.value ?? setting.value,
        from: change !== null && change.value !== null ? "change" : isGiven(started, key) ? "start" : "default",
        mayChange: mayChange(started, key),
        changed: change === null ? null : { by: change.by, at: change.at },
      };
    });
  };
  const version = packageVersion();
  return {
    accounts: new AccountService(accounts, { platform, userAgent: config.userAgent }, store.accountDays, clock),
    about: async () => ({
      version,
      node: process.versions.node,
      startedAt,
      storeBytes: await storeBytes(at, store),
      account: config.account,
      settings: (await shown()).map(({ name, value, about }) => ({ name, value, about })),
      compat: compat(),
    }),
    settings: shown,
    limits: async () => serverLimits(keepNow(keepOf(started), await settings.changed())).limits,
    change: async (changes, by) => {
      const at = clock.now();
      const known = await shown();
      const wanted = new Map<string, ChangedSetting>();
      for (const [name, value] of Object.entries(changes)) {
        const setting = known.find((one) => one.name === name);
        const key = CHANGEABLE.find((one) => variableOf(one) === name);
        if (setting === undefined || key === undefined)
          throw new FieldError(name, "it is no setting that can be changed while a server runs");
        if (setting.from === "start")
          throw new FieldError(
            name,
            "the server was started with it: take it out of the environment and start it again, or change it there",
          );
        wanted.set(key, { value, by, at });
      }
      await settings.change(wanted);
      await onChanged();
      return shown();
    },
    examine: async (room, signal) => {
      const env = { ...environmentOf(config), [variableOf("lang")]: "en" };
      const findings = await examineBeside({ program: PROGRAM, env }, room, signal);
      return [...findings, collectionOf(await collected(), clock.now())];
    },
  };
}

/** Returns the bytes that the store takes on disk; null if unknown. */
async function storeBytes(at: StoreAt, { retention }: Pick<Store, "retention">): Promise<number | null> {
  if (at.engine === "sqlite")
    return [at.path, `${at.path}-wal`].reduce((bytes, file) => bytes + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  const size = await retention.storeSize().catch(() => null);
  return size === null ? null : size.used + size.free;
}

/** Longest time for the doctor, in ms. A browser that starts for the first time takes a minute; each layer has its own limits within that. */
const MOST_MS = 240_000;

/** A line of the doctor's report. */
interface ServerFinding {
  readonly layer: string;
  readonly state: "ok" | "warn" | "fail" | "skipped";
  readonly detail: string;
  readonly todo: string | null;
}

/**
 * Runs `dylive doctor` in a process of its own: it reads the whole database, which would hold up the heartbeats here.
 * @throws DyliveError bad_request with what it refuses, unreachable when it does not come to an end
 */
export async function examineBeside(
  { program, env }: { readonly program: string; readonly env: NodeJS.ProcessEnv },
  room: string | null,
  signal: AbortSignal,
): Promise<readonly ServerFinding[]> {
  const limit = AbortSignal.timeout(MOST_MS);
  const args = [program, "doctor", "--json", ...(room === null ? [] : [`--room=${room}`])];
  const options = { env, signal: AbortSignal.any([signal, limit]), maxBuffer: 262_144 };
  // It ends with 1 where a layer is broken; what did not start has no output.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options).catch((error: ExecFileException) => {
    if (limit.aborted) throw new DyliveError("unreachable", msg`the doctor did not finish within ${MOST_MS / 1000} s`);
    if (signal.aborted || error.syscall !== undefined) throw error;
    return error;
  });
  const report = reportOf(stdout ?? "");
  if (report !== null) return report;
  throw new DyliveError("bad_request", (stderr ?? "").split("\n", 1)[0]?.trim() || "the doctor said nothing");
}

/**
 * Returns a finding on whether what the rooms of a running server receive is stored: its own counts, which a process beside it does not
 * have.
 */
export function collectionOf(rooms: readonly RoomStatus[], now: number): ServerFinding {
  const layer = "collection";
  if (rooms.length === 0) return { layer, state: "skipped", detail: "no room is collected", todo: null };
  const of = (count: (one: RoomStatus["evidence"]["storage"]) => number) =>
    rooms.reduce((sum, { evidence }) => sum + count(evidence.storage), 0);
  const [received, stored, waiting] = [of((one) => one.received), of((one) => one.stored), of((one) => one.waiting)];
  const detail = `${rooms.length === 1 ? "1 room" : `${rooms.length} rooms`}: ${received} messages received, ${stored} events stored of them, ${waiting} wait`;
  const late = rooms.filter(({ evidence: { storage } }) => storage.waitingSince !== null && now - storage.waitingSince >= LATE_MS);
  const [first] = late;
  if (first === undefined) return { layer, state: "ok", detail, todo: null };
  const keys = [...late.slice(0, 5).map(({ room }) => room), ...(late.length > 5 ? [`… (${late.length})`] : [])];
  return {
    layer,
    state: "fail",
    detail: `${detail}; not stored in time: room ${keys.join(", ")}: ${first.evidence.reason}`,
    todo: "Look at the disk of the data folder, or at the database, and at the load of this machine. What waits is stored by itself when it can be.",
  };
}

function reportOf(text: string): readonly ServerFinding[] | null {
  try {
    const { findings } = JSON.parse(text) as { findings?: readonly ServerFinding[] };
    return Array.isArray(findings) ? findings : null;
  } catch {
    return null;
  }
}
