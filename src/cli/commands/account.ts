import type { Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import { platformOf } from "../../app/platform.js";
import { AccountService } from "../../platform/accounts/account-service.js";
import { AccountStore } from "../../platform/accounts/login-store.js";
import { systemClock } from "../../runtime/clock.js";
import { moment, plain, print, say } from "../terminal.js";
import { withStore } from "../with-store.js";

type Facts = Awaited<ReturnType<AccountService["list"]>>[number];

/** Adds `dylive account list`. */
export function addAccountCommands(program: Command, options: { data: () => Option }): void {
  program
    .command("account")
    .description("accounts of yours that rooms are watched as; dylive login keeps one")
    .command("list")
    .description("the accounts, and how the platform treated each in the last 14 days")
    .option("--json", "one JSON object a line", false)
    .addOption(options.data())
    .action(({ json, ...settings }: Partial<Config> & { json: boolean }) => {
      const config = loadConfig(settings);
      return withStore(config, async ({ accountDays }) => {
        const as = { platform: platformOf(config), userAgent: config.userAgent };
        const accounts = await new AccountService(AccountStore.inside(config.data, systemClock), as, accountDays, systemClock).list();
        if (accounts.length === 0 && !json) say("no account is kept; dylive login");
        for (const facts of accounts) await print(json ? JSON.stringify(facts) : plain(lineOf(facts)));
      });
    });
}

function lineOf({ name, savedAt, lapsed, problem, health }: Facts): string {
  const kept = lapsed ? "its login has ended" : (problem ?? `kept since ${moment(savedAt ?? 0)}`);
  if (health === null) return `${name}: ${kept}; nothing was seen of it in the last 14 days`;
  const { since, gifts, diamonds, diamondsWitnessed, diamondsMissing, refusals } = health;
  const came =
    diamondsWitnessed === 0
      ? "nothing was seen to be given"
      : `of ${diamondsWitnessed} that were given for certain ${diamondsMissing} did not come`;
  return `${name}: ${kept}; since ${moment(since)} ${gifts} gifts of ${diamonds} diamonds; ${came}; refused ${refusals === 1 ? "once" : `${refusals} times`}`;
}
