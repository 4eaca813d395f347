import type { Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import type { AccountService } from "../../platform/accounts/account-service.js";
import { type Msg, msg, recorded } from "../../runtime/msg.js";
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
        if (accounts.length === 0 && !json) say(msg`no account is kept; dylive login`);
        for (const facts of accounts) await print(json ? JSON.stringify(facts) : lineOf(facts));
      });
    });
}

function lineOf({ name, savedAt, lapsed, problem, health }: Facts): Msg {
  const kept = lapsed ? msg`its login has ended` : problem === null ? msg`kept since ${moment(savedAt ?? 0)}` : recorded(problem);
  if (health === null) return msg`${name}: ${kept}; nothing was seen of it in the last 14 days`;
  const { since, gifts, diamonds, diamondsWitnessed, diamondsMissing, refusals } = health;
  const came =
    diamondsWitnessed === 0
      ? msg`nothing was seen to be given`
      : msg`of ${diamondsWitnessed} that were given for certain ${diamondsMissing} did not come`;
  return msg`${name}: ${kept}; since ${moment(since)} ${gifts} gifts of ${diamonds} diamonds; ${came}; refused ${refusals === 1 ? msg`once` : msg`${refusals} times`}`;
}
