import { type Command, InvalidArgumentError } from "commander";
import { type Config, type GivenSettings, loadConfig } from "../../app/config.js";
import { noSuch } from "../../events/misspelt.js";
import type { ShownToken } from "../../http/v1/token-routes.js";
import { FieldError } from "../../runtime/errors.js";
import { joinMsgs, type Msg, msg } from "../../runtime/msg.js";
import { SCOPES, type Scope } from "../../store/sql/tokens.js";
import { type LocalApi, path, withApi } from "../api.js";
import { WordsOption } from "../completion.js";
import { asksApi, data } from "../options.js";
import { moment, plain, print, say } from "../terminal.js";
import { names, whole } from "../values.js";

/** Options of `dylive token create`. */
interface CreateOptions {
  readonly name: string;
  readonly scope: string;
  readonly rooms?: readonly string[];
  /** ms from now */
  readonly expires?: number;
  readonly rate?: number;
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Adds `dylive token create`, `list` and `revoke`. */
export function addTokenCommands(program: Command): void {
  const token = program.command("token").description("make, list and revoke tokens");
  token
    .command("create")
    .description("make a token; it is the last line of stdout")
    .requiredOption("--name <name>", "what it is for")
    .addOption(new WordsOption("--scope <scope>", "read, manage (also rooms) or admin (also tokens)", SCOPES).default("read"))
    .option("--rooms <names>", "the only rooms it may see: names separated by commas", names)
    .option("--expires <time>", "how long it is valid, such as 12h, 30d or 8w", duration)
    .option("--rate <n>", "requests that it may make in a minute", whole)
    .addOption(data())
    .action(({ data: folder, ...options }: GivenSettings & CreateOptions) => create(loadConfig({ data: folder }), options));
  asksApi(token.command("list").description("all tokens, by id"), async (api) => {
    const { tokens } = await api.get<{ readonly tokens: readonly ShownToken[] }>("/tokens");
    if (tokens.length === 0) say(msg`none yet: ${"dylive token create --name NAME"}`);
    for (const one of tokens) await print(line(one, Date.now()));
  });
  const revoke = token
    .command("revoke")
    .description("end a token, and forget how far its clients have come")
    .argument("<id>", "of the token, as `dylive token list` shows it");
  asksApi(revoke, async (api, id: string) => {
    await api.ask("DELETE", path`/tokens/${id}`);
    say(msg`token ${id} is revoked`);
  });
}

function create(config: Config, { name, scope, rooms, expires, rate }: CreateOptions): Promise<void> {
  if (!SCOPES.includes(scope as Scope)) throw new FieldError("scope", noSuch("scope", scope, SCOPES));
  const wanted = { name, scope, rooms, perMinute: rate, ...(expires !== undefined && { expiresAt: Date.now() + expires }) };
  const post = async (api: LocalApi) => {
    const { token, about } = await api.post<{ readonly token: string; readonly about: ShownToken }>("/tokens", wanted);
    say(msg`token ${about.id} (${plain(about.name)}, ${about.scope}) is made; keep it, it is not shown again:`);
    await print(token);
  };
  // One that is limited to rooms needs a store that knows them.
  return withApi(config, post, { makes: rooms === undefined });
}

/** Returns one token on one line; its name, which may hold spaces, comes last. */
function line(row: ShownToken, now: number): Msg {
  const validity =
    row.revokedAt !== null
      ? msg`revoked ${moment(row.revokedAt)}`
      : row.expiresAt === null
        ? msg`valid`
        : row.expiresAt <= now
          ? msg`expired ${moment(row.expiresAt)}`
          : msg`valid until ${moment(row.expiresAt)}`;
  return joinMsgs(
    [
      row.id,
      row.scope,
      msg`made ${moment(row.createdAt)}`,
      row.lastUsedAt === null ? msg`never used` : msg`used ${moment(row.lastUsedAt)}`,
      validity,
      ...(row.perMinute === null ? [] : [msg`${row.perMinute} a minute`]),
      ...(row.rooms.length === 0 ? [] : [msg`rooms ${row.rooms.join(",")}`]),
      row.name,
    ],
    "  ",
  );
}

function duration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) throw new InvalidArgumentError("It takes a time such as 90m, 12h, 30d or 8w.");
  return Number(count) * (UNIT_MS[unit] ?? 0);
}
