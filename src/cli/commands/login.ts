import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { type Config, type GivenSettings, loadConfig, readMachine } from "../../app/config.js";
import { platformOf } from "../../app/platform.js";
import { DEFAULT_ACCOUNT } from "../../app/setting-schema.js";
import type { ProxyServer } from "../../platform/access/proxy.js";
import type { LoginReading } from "../../platform/access/visitor.js";
import { parseCookies } from "../../platform/accounts/cookies.js";
import { type AccountStatus, AccountStore } from "../../platform/accounts/login-store.js";
import { findBrowser } from "../../platform/browser/find.js";
import { loginInWindow } from "../../platform/browser/login-window.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { fileFailure } from "../../runtime/file-failure.js";
import { msg, msgOf, recorded } from "../../runtime/msg.js";
import { databasePath } from "../../store/open.js";
import { path, withApi } from "../api.js";
import { data, upstream } from "../options.js";
import { aborted, exitWith, interruptSignal } from "../stop.js";
import { print, say } from "../terminal.js";

/** Request to `dylive login`. */
interface LoginAsk {
  readonly account: string;
  /** File to take cookies from, `-` is stdin; absent opens a window. */
  readonly cookies?: string;
  /** Only say what state the account is in. */
  readonly check: boolean;
  /** Forget the account. */
  readonly forget: boolean;
}

const MOST_BYTES = 1024 * 1024;
const DAY_MS = 86_400_000;

/** Adds `dylive login`. */
export function addLoginCommand(program: Command): void {
  program
    .command("login")
    .description("keep an account of yours, for rooms to be watched as (guests get no gifts)")
    .option("--account <name>", "what to call it", DEFAULT_ACCOUNT)
    .option("--cookies <file>", "take cookies from a file or stdin (-): header line, JSON or cookies.txt")
    .option("--check", "say whether it is still logged in", false)
    .option("--forget", "remove it from this machine", false)
    .option("--browser <file>", "program of the browser for the window (DYLIVE_BROWSER)")
    .option("--proxy <url>", "proxy towards the platform (DYLIVE_PROXY, which keeps a password off the command line)")
    .addOption(data())
    .addOption(upstream())
    .action(({ account, cookies, check, forget, ...settings }: GivenSettings & LoginAsk) =>
      login(loadConfig(settings), { account, check, forget, ...(cookies === undefined ? {} : { cookies }) }),
    );
}

/** `dylive login`: an account for rooms to be watched as, by a window, by cookies, or looked after. */
async function login(config: Config, ask: LoginAsk): Promise<void> {
  const stop = interruptSignal();
  const accounts = AccountStore.inside(config.data, systemClock);
  const as = { platform: platformOf(config), userAgent: config.userAgent };
  if (ask.forget) {
    // What was seen of it goes too: another one may be given its name. Before a server ran nothing was seen.
    const isKept = config.databaseUrl !== null || existsSync(databasePath(config.data));
    if (isKept) await withApi(config, (api) => api.ask("DELETE", path`/accounts/${ask.account}`));
    else if (!(await accounts.remove(ask.account)))
      throw new DyliveError("not_found", msg`there is no account ${JSON.stringify(ask.account)}`);
    say(msg`account ${ask.account} is forgotten here; the platform still has the session until you log out there`);
    return;
  }
  if (ask.check) {
    const status = await accounts.check(ask.account, as, stop);
    await show(status);
    // A captcha is no answer: who asks by the exit code is not to take it for one.
    if (status.login === "unknown") exitWith(1);
    return;
  }
  if (ask.cookies !== undefined) {
    await accounts.save(ask.account, parseCookies(await textOf(ask.cookies, stop), Date.now()));
    say(msg`account ${ask.account} is saved`);
    const status = await accounts.check(ask.account, as, stop).catch((error: unknown) => {
      if (error instanceof DyliveError) say(msg`it could not be checked: ${error.said}`);
      return accounts.status(ask.account);
    });
    return show(status);
  }
  const before = (await accounts.names()).includes(ask.account) ? (await accounts.get(ask.account)).cookies() : [];
  const { cookies, reading } = await viaWindow(config, as.platform.proxy, before, stop);
  const account = await accounts.save(ask.account, cookies);
  say(msg`account ${ask.account} is saved`);
  await show(accounts.noteReading(account, reading));
}

async function viaWindow(
  config: Config,
  proxy: ProxyServer | null,
  cookies: Parameters<typeof loginInWindow>[0]["cookies"],
  stop: AbortSignal,
) {
  const machine = readMachine();
  if (!machine.display)
    throw new DyliveError(
      "bad_request",
      "there is no display here to open a window on; log in with any browser on any machine and give its cookies: dylive login --cookies FILE",
    );
  const program = findBrowser(config.browser, machine.browsers);
  say(msg`A window opens: log in there by scanning the code with the app. Ctrl-C gives up.`);
  return loginInWindow({ program, headless: false, clock: systemClock, upstream: config.upstream, proxy, cookies }, stop);
}

/** Prints one line on stdout for a person and for scripts; the exit code says whether the account is of use. */
async function show(status: AccountStatus): Promise<void> {
  const age = Math.floor(status.ageMs / DAY_MS);
  const end = status.expiresAt === null ? "" : msg`, ends ${new Date(status.expiresAt).toISOString().slice(0, 10)}`;
  await print(
    msg`${status.name}: ${msgOf(WORDS[status.login])}${status.nickname === null ? "" : msg` as ${status.nickname}`}${status.reason === undefined ? "" : msg` (${recorded(status.reason)})`}, ${age} days old${end}`,
  );
  if (status.login === "guest")
    throw new DyliveError("bad_request", msg`the platform does not know account ${status.name} any more: log in again`);
}

const WORDS: Record<LoginReading["login"], string> = {
  logged_in: "logged in",
  guest: "not logged in",
  unknown: "the platform did not say whether it is logged in",
};

async function textOf(file: string, stop: AbortSignal): Promise<string> {
  if (file !== "-")
    return readFile(file, "utf8").catch((error: unknown) => {
      throw fileFailure(error, msg`${file} cannot be read`);
    });
  if (process.stdin.isTTY) say(msg`Paste the cookies, then press Ctrl-D.`);
  const chunks: Buffer[] = [];
  let size = 0;
  const reading = (async () => {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MOST_BYTES) throw new DyliveError("bad_account", "a list of cookies has at most a megabyte");
      chunks.push(chunk);
    }
  })();
  await Promise.race([reading, aborted(stop)]);
  stop.throwIfAborted();
  return Buffer.concat(chunks).toString("utf8");
}
