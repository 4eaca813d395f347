import type { Command } from "commander";
import type { AccountService } from "../../platform/accounts/account-service.js";
import { type Msg, msg, recorded } from "../../runtime/msg.js";
import { asksApi, type Json } from "../options.js";
import { moment, print, printJson, say } from "../terminal.js";

type Facts = Awaited<ReturnType<AccountService["list"]>>[number];

/** Adds `dylive account list`. */
export function addAccountCommands(program: Command): void {
  const list = program
    .command("account")
    .description("accounts of yours that rooms are watched as; dylive login keeps one")
    .command("list")
    .description("the accounts, and how the platform treated each in the last 14 days")
    .option("--json", "one JSON object a line", false);
  asksApi(list, async (api, { json }: Json) => {
    const { accounts } = await api.get<{ readonly accounts: readonly Facts[] }>("/accounts");
    if (json) return printJson(accounts);
    if (accounts.length === 0) say(msg`none yet: ${"dylive login"}`);
    for (const facts of accounts) await print(lineOf(facts));
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
