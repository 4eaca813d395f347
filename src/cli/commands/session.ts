import { type Command, Option } from "commander";
import { SEEN_TYPES } from "../../health/sightings.js";
import type { RoomAnswer } from "../../http/v1/room-routes.js";
import type { ShownSession } from "../../http/v1/session-routes.js";
import { joinMsgs, type Msg, msg, msgOf } from "../../runtime/msg.js";
import type { comparedValues } from "../../statistics/comparison.js";
import type { Summary } from "../../statistics/summary.js";
import { type Session, sessionNames } from "../../store/rooms.js";
import { BROADCAST_ORDERS, type BroadcastOrder } from "../../store/statistics.js";
import { type LocalApi, path } from "../api.js";
import { confirmDeletion, deleteKept } from "../deletion.js";
import { asksApi, type Json } from "../options.js";
import { pastedName } from "../pasted-room.js";
import { interruptSignal } from "../stop.js";
import { type Cell, moment, percentText, print, printColumns, printJson, say } from "../terminal.js";
import { count, when } from "../values.js";

/** Options of `dylive session list`. */
interface ListOptions extends Json {
  readonly by: BroadcastOrder;
  readonly ascending: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly title?: string;
  readonly limit: number;
}

const ROOM = "the room's id here, or any of its names that is known here";

/** Adds `dylive session list`, `show`, `compare` and `delete`. */
export function addSessionCommands(program: Command): void {
  const session = program.command("session").description("broadcasts, with what they add up to");
  const list = session
    .command("list")
    .description("the broadcasts of all rooms, or of one: newest first, or by a figure")
    .argument("[room]", ROOM)
    .addOption(new Option("--by <figure>", "the figure that they are ordered by").choices(BROADCAST_ORDERS).default("openedAt"))
    .option("--ascending", "the oldest, or the least, first", false)
    .option("--from <time>", "only those that began at this date or time, or later", when)
    .option("--to <time>", "only those that began before this date or time", when)
    .option("--title <text>", "only those with this in their title or their anchor's name")
    .option("--limit <n>", "broadcasts to show", count, 1_000)
    .option("--json", "one JSON object a line", false);
  asksApi(list, showList);
  const comparison = session
    .command("compare")
    .description("broadcasts beside each other, of one room or of several: totals, or minute by minute since each began")
    .argument("<broadcasts...>", "each as ROOM/SESSION; ROOM alone is its newest, a room_id alone that broadcast")
    .option("--minutes", "minute by minute", false)
    .option("--json", "as one JSON object; with --minutes one a line", false);
  asksApi(comparison, compare);
  const deletion = session
    .command("delete")
    .description("delete a broadcast with its events, statistics and recordings, for good")
    .argument("<room>", ROOM)
    .argument("<session>", BROADCAST)
    .option("--yes", "do not ask for its name first", false);
  asksApi(deletion, deleteSession);
  const one = session
    .command("show")
    .description("one broadcast: when, how it ended, totals, gaps")
    .argument("<room>", "a room (its newest broadcast), or a broadcast's room_id")
    .argument("[session]", BROADCAST)
    .option("--json", "as one JSON object", false);
  asksApi(one, show);
}

async function showList(
  api: LocalApi,
  asked: string | undefined,
  { by, ascending, from, to, title, limit, json }: ListOptions,
): Promise<void> {
  const room = asked === undefined ? undefined : pastedName(asked);
  const query = { by, order: ascending ? "asc" : "desc", from, to, q: title, room };
  const { items, more } = await api.some<ShownSession>("/sessions", "sessions", query, limit);
  if (json) return printJson(items.map((one) => ({ ...sessionJson(one), totals: one.totals })));
  if (items.length === 0) return say(msg`no such broadcast is kept`);
  await printColumns(
    [
      ...(room === undefined ? [msg`room`, msg`anchor`] : []),
      ...[msg`session`, msg`began`, msg`ended`, msg`how`, msg`events`, msg`chatters`, msg`gifters`],
      ...[msg`diamonds`, msg`diamonds a minute`, msg`peak online`, msg`gaps`, msg`title`],
    ],
    items.map((one) => [...(room === undefined ? [Number(one.room), one.anchor?.nickname ?? null] : []), ...lineOf(one)]),
  );
  if (more) say(msg`there is more: --limit ${limit * 4}`);
}

async function compare(
  api: LocalApi,
  named: readonly string[],
  { minutes: byMinute, json }: Json & { readonly minutes: boolean },
): Promise<void> {
  const broadcasts = named.map((name) => {
    const [, room = name, id = "latest"] = /^([^/]+)\/([^/]+)$/.exec(name) ?? [];
    return `${pastedName(room)}/${id}`;
  });
  const query = { sessions: broadcasts, limit: 1 };
  const { sessions } = await api.get<SessionPage>("/compare", query);
  const titles = sessions.map(({ room, id }) => `${room}/${id}`);
  if (byMinute) {
    const minutes = api.items<ComparisonRow>("/compare", "minutes", { ...query, limit: 1_000 });
    return json ? printJson(minutes) : showMinutes(minutes, titles);
  }
  if (json) return print(JSON.stringify(sessions.map((one) => ({ ...sessionJson(one), totals: one.totals }))));
  const line = (name: Msg, of: (session: ShownSession) => Cell): Cell[] => [name, ...sessions.map(of)];
  const sum = (name: Msg, of: (totals: Summary) => Cell) => line(name, ({ totals }) => (totals === null ? null : of(totals)));
  await printColumns(
    [msg`session`, ...titles],
    [
      line(msg`title`, ({ title }) => title),
      line(msg`began`, ({ openedAt }) => moment(openedAt)),
      line(msg`ended`, ({ endedAt }) => moment(endedAt)),
      sum(msg`events`, ({ events }) => events),
      sum(msg`people`, ({ people }) => people),
      sum(msg`chats`, ({ messages }) => messages.chat ?? 0),
      sum(msg`chatters`, ({ chatters }) => chatters),
      sum(msg`gifters`, ({ gifters }) => gifters),
      sum(msg`units`, ({ gifts }) => gifts.units),
      sum(msg`diamonds`, ({ gifts }) => gifts.diamonds),
      sum(msg`diamonds a minute`, ({ diamondsPerMinute }) => diamondsPerMinute),
      sum(msg`follows`, ({ follows }) => follows),
      sum(msg`peak online`, ({ peak }) => peak.online),
      sum(msg`gaps`, ({ gaps }) => gapsLine(gaps)),
    ],
  );
}

/** A minute of broadcasts that are compared. */
interface ComparisonRow {
  readonly minute: number;
  readonly values: readonly (ReturnType<typeof comparedValues> | null)[];
}

async function showMinutes(minutes: AsyncIterable<ComparisonRow>, titles: readonly string[]): Promise<void> {
  const rows: Cell[][] = [];
  for await (const { minute, values } of minutes)
    rows.push([
      minute,
      ...values.flatMap((one) => (one === null ? [null, null, null, null] : [one.chats, one.joins, one.diamonds, one.online])),
    ]);
  await printColumns([msg`minute`, ...titles.flatMap((title) => [msg`chats ${title}`, msg`joins`, msg`diamonds`, msg`online`])], rows);
}

async function deleteSession(api: LocalApi, asked: string, id: string, { yes }: { readonly yes: boolean }): Promise<void> {
  const signal = interruptSignal();
  const session = await api.get<ShownSession>(path`/rooms/${pastedName(asked)}/sessions/${id}`);
  const { id: sessionId, title, openedAt } = session;
  const what = msg`broadcast ${sessionId} from ${moment(openedAt)}, ${title ?? "–"}: its events, statistics and recordings`;
  const typed = await confirmDeletion(what, sessionNames({ title, sessionId }), yes, signal);
  await deleteKept(api, path`/rooms/${session.room}/sessions/${sessionId}/delete`, typed, signal);
}

async function show(api: LocalApi, asked: string, id: string | undefined, { json }: Json): Promise<void> {
  const session = await api.get<ShownSession>(sessionPath(asked, id));
  const { anchor, title, openedAt, endedAt, endReason, totals, seen } = session;
  if (json) return print(JSON.stringify({ ...sessionJson(session), anchor, totals, seen }));
  const { webRid } = await api.get<RoomAnswer>(path`/rooms/${session.room}`);
  const about: [Msg, Cell][] = [
    [msg`room`, `${session.room}${webRid ? ` (web_rid ${webRid})` : ""}`],
    [msg`anchor`, anchor?.nickname ?? null],
    [msg`title`, title],
    [msg`began`, moment(openedAt)],
    [msg`ended`, endedAt === null ? msg`not yet, as far as is known` : msg`${moment(endedAt)} (${msgOf(endReason ?? "")})`],
    ...(totals === null ? [] : factsOf(totals)),
    ...seenFacts(seen),
  ];
  await printColumns([msg`session`, session.id], about);
}

/** Returns the path of the broadcast that is meant: the one named, else that by which its room is named, else the newest of the room. */
export function sessionPath(asked: string, id = "latest"): string {
  return path`/rooms/${pastedName(asked)}/sessions/${id}`;
}

/** A page of broadcasts. */
export interface SessionPage {
  readonly sessions: readonly ShownSession[];
}

/** Returns a broadcast as programs read it. */
export function sessionJson({ room, id, title, openedAt, endedAt, endReason }: ShownSession): Session {
  return { room: Number(room), sessionId: id, title, openedAt, endedAt, endReason };
}

/** Returns what several sessions brought of a broadcast, in words; nothing where one watched it. */
export function seenFacts(seen: ShownSession["seen"]): [Msg, Cell][] {
  if (seen === null || SEEN_TYPES.every((type) => Object.keys(seen[type].sessions).length < 2)) return [];
  return SEEN_TYPES.flatMap((type): [Msg, Cell][] => {
    const { received, shared, sessions } = seen[type];
    if (received === 0) return [];
    const by = Object.entries(sessions).map(([name, { received: n, alone }]) => msg`${name} ${n} (${alone} alone)`);
    return [[msg`${type} seen`, msg`${received}: ${joinMsgs(by, ", ")}; ${shared} by several`]];
  });
}

/** Returns what a summary says, in words. */
export function factsOf(totals: Summary): [Msg, Cell][] {
  const { gifts, likes, peak, gaps, hidden } = totals;
  const messages = Object.entries(totals.messages).sort(([, a], [, b]) => b - a);
  return [
    [msg`first, last event`, `${moment(totals.firstEventAt)} – ${moment(totals.lastEventAt)}`],
    [msg`events`, `${totals.events} (${messages.map(([type, count]) => `${type} ${count}`).join(", ")})`],
    [msg`people`, msg`${totals.people}, of whom ${totals.chatters} chatted and ${totals.gifters} gave`],
    [msg`gifts`, msg`${gifts.units} units in ${gifts.combos} combos (${gifts.settled} settled)`],
    [msg`diamonds`, msg`${gifts.diamonds}${gifts.unpricedUnits > 0 ? msg`, and ${gifts.unpricedUnits} units of unknown price` : ""}`],
    [msg`diamonds a minute`, totals.diamondsPerMinute === null ? null : String(totals.diamondsPerMinute)],
    [msg`by the platform's ranks`, witnessLine(totals.witness)],
    [msg`likes`, msg`${likes.seen} seen${likes.total === null ? "" : msg` of ${likes.total}`}`],
    [msg`follows`, String(totals.follows)],
    [msg`peak online`, peak.online === null ? null : String(peak.online)],
    [msg`busiest minute`, peak.minute === null ? null : msg`${moment(peak.minute)}: ${peak.eventsInMinute} events`],
    [
      msg`hidden people`,
      hidden.events === 0 ? msg`none` : msg`${hidden.events} events, ${hidden.units} units, ${hidden.diamonds} diamonds: no one's`,
    ],
    [msg`gaps`, gapsLine(gaps)],
    [
      msg`complete`,
      totals.covered === null
        ? null
        : msg`${percentText(totals.covered, 1)} % of the time${totals.partial ? msg`; some events were removed before they were counted` : ""}`,
    ],
  ];
}

function witnessLine({ diamondsWitnessed, diamondsReceived, share }: Summary["witness"]): Msg | null {
  if (share === null) return null;
  return msg`at least ${diamondsWitnessed} diamonds were given by people they name; gifts that reached us explain ${diamondsReceived} (${percentText(share, 1)} %)`;
}

function lineOf({ id, openedAt, endedAt, endReason, title, totals }: ShownSession): readonly Cell[] {
  const when = [id, moment(openedAt), moment(endedAt), endReason === null ? null : msgOf(endReason)];
  if (totals === null) return [...when, 0, 0, 0, 0, null, null, 0, title];
  const { events, chatters, gifters, gifts, diamondsPerMinute, peak, gaps } = totals;
  return [...when, events, chatters, gifters, gifts.diamonds, diamondsPerMinute, peak.online, gaps.count, title];
}

/** Returns gaps in words. */
export function gapsLine({ count, totalMs, unmeasured }: Summary["gaps"]): Msg {
  if (count === 0) return msg`none known`;
  const measured = unmeasured === count ? "" : msg`, ${Math.round(totalMs / 1000)} s in all`;
  return msg`${count}${measured}${unmeasured === 0 ? "" : msg`, ${unmeasured} of unknown length`}`;
}

/** Help of commands on the broadcast that they take. */
export const BROADCAST = "room_id of the broadcast; latest is the newest";
