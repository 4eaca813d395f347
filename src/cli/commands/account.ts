import type { Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import { platformOf } from "../../app/platform.js";
import { AccountService } from "../../platform/accounts/account-service.js";
import { AccountStore } from "../../platform/accounts/login-store.js";
import { systemClock } from "../../runtime/clock.js";
import { recorded, type Told, told } from "../../runtime/told.js";
import { moment, print, say } from "../terminal.js";
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
        if (accounts.length === 0 && !json) say(told`no account is kept; dylive login`);
        for (const facts of accounts) await print(json ? JSON.stringify(facts) : lineOf(facts));
      });
    });
}

function lineOf({ name, savedAt, lapsed, problem, health }: Facts): Told {
  const kept = lapsed ? told`its login has ended` : problem === null ? told`kept since ${moment(savedAt ?? 0)}` : recorded(problem);
  if (health === null) return told`${name}: ${kept}; nothing was seen of it in the last 14 days`;
  const { since, gifts, diamonds, diamondsWitnessed, diamondsMissing, refusals } = health;
  const came =
    diamondsWitnessed === 0
      ? told`nothing was seen to be given`
      : told`of ${diamondsWitnessed} that were given for certain ${diamondsMissing} did not come`;
  return told`${name}: ${kept}; since ${moment(since)} ${gifts} gifts of ${diamonds} diamonds; ${came}; refused ${refusals === 1 ? told`once` : told`${refusals} times`}`;
}
