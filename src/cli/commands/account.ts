import type { Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import type { AccountService } from "../../platform/accounts/account-service.js";
import { recorded, type Told, told } from "../../runtime/told.js";
import { withApi } from "../api.js";
import { moment, print, say } from "../terminal.js";

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
      return withApi(loadConfig(settings), async (api) => {
        const { accounts } = await api.get<{ readonly accounts: readonly Facts[] }>("/accounts");
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
