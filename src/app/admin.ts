import { readFileSync, statSync } from "node:fs";
import type { AboutServer, AdminService } from "../http/admin-service.js";
import { collectionOf, examineBeside } from "../jobs/doctor.js";
import type { Platform } from "../platform/access/platform.js";
import { AccountService } from "../platform/accounts/account-service.js";
import type { AccountStore } from "../platform/accounts/login-store.js";
import type { Clock } from "../runtime/clock.js";
import { packagePath } from "../runtime/packages.js";
import type { StoreAt } from "../store/open.js";
import type { Retention } from "../store/sql/retention.js";
import { type Config, environmentOf, shownSettings } from "./config.js";

/** The built command line. */
const PROGRAM = packagePath("dist/bin/dylive.js");
const PACKAGE = packagePath("package.json");

interface AdminDeps {
  readonly config: Config;
  readonly at: StoreAt;
  readonly retention: Pick<Retention, "storeSize">;
  readonly accounts: AccountStore;
  readonly platform: Platform;
  readonly clock: Clock;
  /** Returns the states of the rooms that are collected now. */
  readonly collected: () => Promise<Parameters<typeof collectionOf>[0]>;
  /** Returns the streams for clients of other programs that are on by now. */
  readonly compat: () => AboutServer["compat"];
}

/** Returns the admin service: what the API may show and do for the server's operator. */
export function adminService({ config, at, retention, accounts, platform, clock, collected, compat }: AdminDeps): AdminService {
  const startedAt = clock.now();
  const { version } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string };
  return {
    accounts: new AccountService(accounts, { platform, userAgent: config.userAgent }, clock),
    about: async () => ({
      version,
      node: process.versions.node,
      startedAt,
      storeBytes: await storeBytes(at, retention),
      account: config.account,
      settings: shownSettings(config),
      compat: compat(),
    }),
    examine: async (room, signal) => {
      const findings = await examineBeside({ program: PROGRAM, env: environmentOf(config) }, room, signal);
      return [...findings, collectionOf(await collected(), clock.now())];
    },
  };
}

/** Returns the bytes that the store takes on disk; null when nobody can say. */
async function storeBytes(at: StoreAt, retention: Pick<Retention, "storeSize">): Promise<number | null> {
  if (at.engine === "sqlite")
    return [at.path, `${at.path}-wal`].reduce((bytes, file) => bytes + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  const size = await retention.storeSize().catch(() => null);
  return size === null ? null : size.used + size.free;
}
