import { type Command, InvalidArgumentError, type Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import { EVENT_TYPES, type EventType, type LiveEvent } from "../../events/event.js";
import { noSuch } from "../../events/misspelt.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import { amountOf } from "../../statistics/summary.js";
import { foldText, NEWEST_TIME, type SearchAsk, type SearchPlace, type SearchTime } from "../../store/search.js";
import type { FoundPeople } from "../../store/statistics.js";
import type { Store } from "../../store/store.js";
import { WordsOption } from "../completion/node.js";
import { pastedRoom } from "../pasted-room.js";
import { lineOf } from "../show.js";
import { interruptSignal } from "../stop.js";
import { moment, orAsItIs, ProgressLine, print, printColumns, say } from "../terminal.js";
import { count, when, whole } from "../values.js";
import { withStore } from "../with-store.js";
import { countAll } from "./session.js";

/** Options of `dylive search`, beside the text and the settings. */
interface SearchOptions {
  readonly room: readonly string[];
  readonly user?: string;
  readonly types?: readonly EventType[];
  readonly from?: number;
  readonly to?: number;
  readonly minDiamonds?: number;
  readonly people: boolean;
  readonly limit: number;
  readonly json: boolean;
}

const TOLD_FROM_STEPS = 20;

/** Adds `dylive search`. @param data makes the option that names the data folder */
export function addSearchCommand(program: Command, data: () => Option): void {
  program
    .command("search")
    .description("search what is kept by text, user, type, time and worth, newest first; or people by their names")
    .argument("[text]", "part of a chat or a notice: two characters or more; with --people of a nickname, or an id")
    .option("--people", "people whose nickname has the text, as broadcasts told it; with --room those of these rooms", false)
    .option("--room <room>", "only this room (repeat for more)", (name: string, before: readonly string[]) => [...before, name], [])
    .option("--user <id>", "only events of the person with this id (uid)")
    .addOption(
      new WordsOption("--types <types>", "only these event types, with commas between", { listOf: EVENT_TYPES }).argParser(typesOf),
    )
    .option("--from <time>", "not before this date or time", when)
    .option("--to <time>", "before this date or time", when)
    .option("--min-diamonds <n>", "only gifts worth at least so many diamonds", whole)
    .option("--limit <n>", "events, or people, to show", count, 50)
    .option("--json", "one JSON object a line", false)
    .addOption(data())
    .action(
      (
        text: string | undefined,
        { room, user, types, from, to, minDiamonds, people, limit, json, ...settings }: Partial<Config> & SearchOptions,
      ) => {
        const rest = {
          ...(user !== undefined && { user }),
          ...(types !== undefined && { types }),
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to }),
          ...(minDiamonds !== undefined && { minDiamonds }),
        };
        if (people && Object.keys(rest).length > 0)
          throw new DyliveError("bad_request", told`--people looks for names: of the other options it takes --room, --limit and --json`);
        return withStore(loadConfig(settings), (store) =>
          people ? showPeople(store, text, { room, limit, json }) : show(store, text, { room, limit, json, ...rest }),
        );
      },
    );
}

async function show(
  store: Store,
  text: string | undefined,
  { room: names, user, limit, json, ...rest }: Omit<SearchOptions, "people">,
): Promise<void> {
  const stop = interruptSignal();
  const named = await Promise.all(names.map((name) => pastedRoom(store.rooms, name)));
  const rooms = names.length > 0 ? new Set(named.map(({ room }) => room)) : null;
  const only = named.length === 1 ? (named[0]?.sessionId ?? null) : null;
  const ask: Omit<SearchAsk, "places"> = {
    ...rest,
    ...(text !== undefined && { text }),
    ...(user !== undefined && { userId: user }),
    ...(only !== null && { sessionId: only }),
  };
  // Refused before the index is brought up to date, which may take a while.
  await store.search.find({ ...ask, places: [] }, 1);
  await orAsItIs(catchUp(store, rooms, stop), told`the newest events are not searched`);
  let places: readonly SearchPlace[] | null = [...(rooms ?? [])].map((room) => ({ room, before: Number.MAX_SAFE_INTEGER }));
  let before: SearchTime | null = NEWEST_TIME;
  let shown = 0;
  const isOver = () => (rooms === null ? before : places) === null;
  while (!isOver() && shown < limit) {
    stop.throwIfAborted();
    let events: readonly LiveEvent[];
    if (rooms === null)
      ({ events, before } = await store.search.findAnywhere({ ...ask, among: null }, before ?? NEWEST_TIME, limit - shown));
    else ({ events, places } = await store.search.find({ ...ask, places: places ?? [] }, limit - shown));
    for (const event of events) await print(json ? lineOf(event, true) : `${moment(event.time)?.slice(0, 10)} ${lineOf(event, false)}`);
    shown += events.length;
  }
  if (shown === 0) say(told`nothing was found`);
  else if (!isOver()) say(told`there is more; --limit ${limit * 4} shows more, --from and --to narrow it down`);
}

async function showPeople(
  store: Store,
  asked: string | undefined,
  { room: names, limit, json }: Pick<SearchOptions, "room" | "limit" | "json">,
): Promise<void> {
  const text = asked?.trim() ?? "";
  if (foldText(text) === "") throw new DyliveError("bad_request", told`name whom to look for: a part of the nickname, or the id`);
  const stop = interruptSignal();
  const among = names.length === 0 ? null : (await Promise.all(names.map((name) => pastedRoom(store.rooms, name)))).map(({ room }) => room);
  await countAll(store, told`all rooms`);
  const found: FoundPeople["people"][number][] = [];
  let place: FoundPeople["place"] = null;
  do {
    stop.throwIfAborted();
    const page: FoundPeople = await store.statistics.named({ text, among, ...(place !== null && { after: place }) }, limit - found.length);
    found.push(...page.people);
    ({ place } = page);
  } while (place !== null && found.length < limit);
  const shown = found.map(({ diamonds, ...one }) => ({ ...one, diamonds: amountOf(diamonds) }));
  if (json) {
    for (const one of shown) await print(JSON.stringify(one));
    return;
  }
  if (shown.length === 0) return say(told`nobody was found`);
  await printColumns(
    [told`name`, "id", told`found as`, told`rooms`, told`broadcasts`, told`chats`, told`units`, told`diamonds`, told`last`],
    shown.map((one) => [
      ...[one.name, one.userId, one.foundAs, one.rooms, one.sessions],
      ...[one.chats, one.units, one.diamonds, moment(one.lastAt)],
    ]),
  );
  if (place !== null) say(told`there is more; --limit ${limit * 4} shows more`);
}

/** Brings the index of these rooms, or of all, up to all that is kept: no server is needed, and one beside it does no harm. */
async function catchUp({ search }: Store, rooms: ReadonlySet<number> | null, stop: AbortSignal): Promise<void> {
  const progress = new ProgressLine(told`indexing`, told`steps of 500 events`);
  let steps = 0;
  for (const { room } of await search.progress()) {
    while (rooms?.has(room) !== false && (await search.advance(room))) {
      stop.throwIfAborted();
      // A few steps are over before they are told.
      if (++steps >= TOLD_FROM_STEPS) progress.show(steps);
    }
  }
}

function typesOf(text: string): readonly EventType[] {
  return text.split(",").map((name) => {
    const type = EVENT_TYPES.find((one) => one === name.trim());
    if (type === undefined) throw new InvalidArgumentError(`${noSuch("type", name.trim(), EVENT_TYPES)}.`);
    return type;
  });
}
