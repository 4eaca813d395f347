import { type Command, InvalidArgumentError } from "commander";
import { EVENT_TYPES, type EventType, type LiveEvent } from "../../events/event.js";
import { noSuch } from "../../events/misspelt.js";
import type { doneBy } from "../../http/v1/statistics-schemas.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { foldText } from "../../store/search.js";
import type { LocalApi, Query } from "../api.js";
import { WordsOption } from "../completion.js";
import { asksApi, type Json, repeated } from "../options.js";
import { pastedName } from "../pasted-room.js";
import { lineOf } from "../show.js";
import { moment, print, printColumns, printJson, say } from "../terminal.js";
import { count, when, whole } from "../values.js";

/** Options of `dylive search`. */
interface SearchOptions extends Json {
  readonly room: readonly string[];
  readonly user?: string;
  readonly types?: readonly EventType[];
  readonly from?: number;
  readonly to?: number;
  readonly minDiamonds?: number;
  readonly people: boolean;
  readonly limit: number;
}

/** A person who was found, as the API shows them. */
interface ShownPerson extends ReturnType<typeof doneBy> {
  readonly id: string;
  readonly nickname: string | null;
  readonly foundAs: string;
  readonly rooms: number;
  readonly sessions: number;
}

/** Adds `dylive search`. */
export function addSearchCommand(program: Command): void {
  const search = program
    .command("search")
    .description("search what is kept by text, user, type, time and worth, newest first; or people by their names")
    .argument("[text]", "part of a chat or a notice: two characters or more; with --people of a nickname, or an id")
    .option("--people", "people whose nickname has the text, as broadcasts showed it; with --room those of these rooms", false)
    .option("--room <room>", "only this room (repeat for more)", repeated, [])
    .option("--user <id>", "only events of the person with this id (uid)")
    .addOption(
      new WordsOption("--types <types>", "only these event types, with commas between", { listOf: EVENT_TYPES }).argParser(typesOf),
    )
    .option("--from <time>", "not before this date or time", when)
    .option("--to <time>", "before this date or time", when)
    .option("--min-diamonds <n>", "only gifts worth at least so many diamonds", whole)
    .option("--limit <n>", "events, or people, to show", count, 50)
    .option("--json", "one JSON object a line", false);
  asksApi(search, (api, text: string | undefined, { room, people, limit, json, ...rest }: SearchOptions) => {
    if (people && Object.keys(rest).length > 0)
      throw new DyliveError("bad_request", msg`--people looks for names: of the other options it takes --room, --limit and --json`);
    const among = room.length === 0 ? {} : { room: room.map(pastedName) };
    return people ? showPeople(api, text, among, { limit, json }) : show(api, { q: text, ...among, ...rest }, { limit, json });
  });
}

type Shown = Pick<SearchOptions, "limit" | "json">;

async function show(api: LocalApi, query: Query, { limit, json }: Shown): Promise<void> {
  const { items, more } = await api.some<LiveEvent>("/search", "events", query, limit, 200);
  for (const event of items) await print(json ? lineOf(event, true) : `${moment(event.time)?.slice(0, 10)} ${lineOf(event, false)}`);
  if (items.length === 0) say(msg`nothing was found`);
  else if (more) say(msg`there is more: --limit ${limit * 4}`);
}

async function showPeople(api: LocalApi, asked: string | undefined, among: Query, { limit, json }: Shown): Promise<void> {
  const q = asked?.trim() ?? "";
  if (foldText(q) === "") throw new DyliveError("bad_request", msg`name whom to look for: a part of the nickname, or the id`);
  const { items, more } = await api.some<ShownPerson>("/users", "people", { q, ...among }, limit, 100);
  if (json) return printJson(items.map(({ id, nickname, ...one }) => ({ userId: id, name: nickname, ...one })));
  if (items.length === 0) return say(msg`no person was found`);
  await printColumns(
    [msg`name`, "id", msg`found as`, msg`rooms`, msg`broadcasts`, msg`chats`, msg`units`, msg`diamonds`, msg`last`],
    items.map((one) => [
      ...[one.nickname, one.id, one.foundAs, one.rooms, one.sessions],
      ...[one.chats, one.units, one.diamonds, moment(one.lastAt)],
    ]),
  );
  if (more) say(msg`there is more: --limit ${limit * 4}`);
}

function typesOf(text: string): readonly EventType[] {
  return text.split(",").map((name) => {
    const type = EVENT_TYPES.find((one) => one === name.trim());
    if (type === undefined) throw new InvalidArgumentError(`${noSuch("type", name.trim(), EVENT_TYPES)}.`);
    return type;
  });
}
