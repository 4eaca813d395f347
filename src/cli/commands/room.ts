import { type Command, Option } from "commander";
import type { GiftsEvidence, GiftsState } from "../../health/gifts-watch.js";
import type { SessionEvidence } from "../../health/sessions.js";
import type { Evidence } from "../../health/state.js";
import type { RoomAnswer } from "../../http/v1/room-routes.js";
import { ROOM_DOOR, readPaste } from "../../platform/links/paste.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Msg, msg, msgOf, recorded } from "../../runtime/msg.js";
import { type RoomSettings, roomNames, type Watch } from "../../store/rooms.js";
import { type LocalApi, path } from "../api.js";
import { confirmDeletion, deleteKept } from "../deletion.js";
import { asksApi, type Json, repeated, upstream } from "../options.js";
import { pastedName } from "../pasted-room.js";
import { interruptSignal } from "../stop.js";
import { inWords, moment, padded, plain, print, say } from "../terminal.js";
import { gapsLine, type SessionPage, seenFacts, sessionJson } from "./session.js";

/** Settings of a room as options say them: `none` gives a setting back to the server. */
type SettingOptions = { readonly [K in Exclude<keyof RoomSettings, "sessions">]?: string } & { readonly session?: readonly string[] };
/** Words of an option that stand for another value: the rest is taken as it is. */
const WORDS: Readonly<Record<string, boolean | null>> = { none: null, on: true, off: false };

/** Adds `dylive room add`, `list`, `show`, `set`, `pause`, `resume`, `remove` and `delete`. */
export function addRoomCommands(program: Command): void {
  const room = program.command("room").description("the watch list: rooms that are collected all the time");
  const about = (command: string, description: string) =>
    room.command(command).description(description).argument("<room>", "its number, id or any other name");
  const withSettings = (command: Command) =>
    command
      .option("--account <name>", "account to watch as; guest is none, none follows the server")
      .option("--proxy <url>", "proxy for this room; none follows the server")
      .addOption(new Option("--source <source>", "how it is read; none follows the server").choices(["websocket", "browser", "none"]))
      .addOption(
        new Option("--record <record>", "whether its frames are kept as they came; none follows the server").choices(["on", "off", "none"]),
      )
      .option(
        "--session <session>",
        "session that watches it, once for each: guest, guest:2, browser or account:NAME, then @browser or @websocket, then ,proxy=URL or ,proxy=none; none leaves one, by the settings above",
        repeated,
      );
  const add = withSettings(room.command("add").description("watch a room"))
    .argument("<text>", "a link, share text, room number or id; quote it")
    .addOption(upstream());
  asksApi(
    add,
    async (api, text: string, options: SettingOptions) => {
      const settings = chosen(options);
      const wanted = { room: text, ...(Object.keys(settings).length > 0 && { settings }) };
      const added = await api.post<RoomAnswer>("/rooms", wanted, interruptSignal());
      say(msg`${titleOf(added)} is watched: by the server that runs on this data folder, or by the next \`dylive serve\``);
    },
    { makes: true, check: (text) => readPaste(text, ROOM_DOOR) },
  );
  const list = room
    .command("list")
    .description("every room that is known, with its state while a server runs")
    .option("--json", "one JSON object a line", false);
  asksApi(list, async (api, { json }: Json) => {
    let rooms = 0;
    for await (const one of api.items<RoomAnswer>("/rooms", "rooms", { limit: 1_000 })) {
      rooms++;
      await print(json ? JSON.stringify(jsonOf(one)) : lineOf(one));
    }
    if (rooms === 0 && !json) say(msg`none yet: ${"dylive room add LINK"}`);
  });
  asksApi(about("show", "what is known of a room").option("--json", "one JSON object", false), show);
  asksApi(withSettings(about("set", "change how a room is collected")), async (api, name: string, options: SettingOptions) => {
    const settings = chosen(options);
    if (Object.keys(settings).length === 0)
      throw new DyliveError("bad_request", "name what to change: --account, --proxy, --source, --record or --session");
    const changed = await api.ask<RoomAnswer>("PATCH", path`/rooms/${pastedName(name)}`, { body: settings });
    say(msg`${titleOf(changed)} is changed; a running server reconnects with it`);
  });
  asksApi(about("pause", "stop collecting a room until it is resumed"), async (api, name: string) =>
    say(msg`${titleOf(await api.post<RoomAnswer>(path`/rooms/${pastedName(name)}/pause`))} is paused`),
  );
  asksApi(about("resume", "collect a paused room again"), async (api, name: string) =>
    say(msg`${titleOf(await api.post<RoomAnswer>(path`/rooms/${pastedName(name)}/resume`))} is watched again`),
  );
  asksApi(about("remove", "take a room off the watch list; its events stay"), async (api, name: string) =>
    say(msg`${titleOf(await api.ask<RoomAnswer>("DELETE", path`/rooms/${pastedName(name)}`))} is no longer watched; its events stay`),
  );
  asksApi(
    about("delete", "delete a room with all that is kept of it, for good").option("--yes", "do not ask for its name first", false),
    deleteRoom,
  );
}

function chosen({ session, ...options }: SettingOptions): Partial<RoomSettings> {
  const settings = Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key, value === "none" || key === "record" ? (WORDS[value] ?? null) : value]),
  ) as Partial<RoomSettings>;
  if (session === undefined) return settings;
  return { ...settings, sessions: session.length === 1 && session[0] === "none" ? null : session };
}

function lineOf(room: RoomAnswer): string {
  const state = msgOf(room.status?.state ?? "-");
  return [`room:${room.id}`, padded(inWords(msgOf(room.watch)), 6), padded(inWords(state), 10), plain(titleOf(room))].join("  ");
}

/** Returns a room as programs read it. */
function jsonOf({ id, aliases: _, status, ...facts }: RoomAnswer) {
  const state = status === null ? null : { state: status.state, since: status.evidence.since, reason: status.evidence.reason };
  return { room: Number(id), ...facts, state };
}

async function show(api: LocalApi, name: string, { json }: Json): Promise<void> {
  const room = await api.get<RoomAnswer>(path`/rooms/${pastedName(name)}`);
  const route = path`/rooms/${room.id}`;
  const [session = null] = (await api.get<SessionPage>(`${route}/sessions`, { limit: 1 })).sessions;
  const events = await eventsIn(api, room.id);
  const { aliases, status, settings, watch } = room;
  const seen = session?.seen ?? null;
  const evidence = status?.evidence ?? null;
  if (json)
    return print(JSON.stringify({ ...jsonOf(room), aliases, lastSession: session && sessionJson(session), seen, events, evidence }));
  const { account, proxy, source, record, sessions: watching } = settings;
  const [newest] = (await api.get<EventsAnswer>(`${route}/events`, { limit: 1, filter: 'source != "test"' })).events;
  const lines = [
    titleOf(room),
    msg`room:${room.id}, ${msgOf(WATCH_WORDS[watch])}; up to ${events} events in the log`,
    ...(status === null ? [] : [msg`${msgOf(status.state)} since ${moment(status.evidence.since)}: ${status.evidence.reason}`]),
    ...(newest === undefined ? [] : [msg`stored last: what was received at ${moment(newest.receivedAt)}`]),
    ...(session === null
      ? []
      : [
          msg`broadcast ${session.id} from ${moment(session.openedAt)}${session.endedAt === null ? msg`, going on` : msg` to ${moment(session.endedAt)} (${msgOf(session.endReason ?? "")})`}`,
        ]),
    msg`account ${account ?? msg`the server's`}, proxy ${proxy ?? msg`the server's`}, source ${source ?? msg`the server's`}, frames ${record === null ? msg`as the server says` : record ? msg`kept` : msg`not kept`}`,
    ...(watching === null ? [] : [msg`watched by ${watching.length} sessions: ${watching.join("  ")}`]),
    ...(evidence === null ? [] : evidenceLines(evidence)),
    ...seenFacts(seen).map(([what, said]) => msg`${what}: ${said ?? "–"}`),
    msg`known as ${aliases.map(({ kind, value }) => `${kind}:${value}`).join("  ")}`,
  ];
  for (const line of lines) await print(typeof line === "string" ? plain(line) : line);
}

async function deleteRoom(api: LocalApi, name: string, { yes }: { readonly yes: boolean }): Promise<void> {
  const signal = interruptSignal();
  const room = await api.get<RoomAnswer>(path`/rooms/${pastedName(name)}`);
  const { id, watch, aliases } = room;
  if (watch === "on")
    throw new DyliveError("in_use", msg`room ${id} is on the watch list: \`dylive room pause ${id}\` first, and a few seconds later this`);
  const what = msg`${titleOf(room)}: up to ${await eventsIn(api, id)} events, with their statistics and recordings`;
  const typed = await confirmDeletion(what, roomNames({ ...room, room: Number(id) }, aliases), yes, signal);
  await deleteKept(api, path`/rooms/${id}/delete`, typed, signal);
}

/** Returns how many events of a room are kept at most: from the oldest to the newest, those erased or removed between them too. */
export async function eventsIn(api: LocalApi, room: string): Promise<number> {
  const route = path`/rooms/${room}/events`;
  const [newest] = (await api.get<EventsAnswer>(route, { limit: 1, types: "*" })).events;
  const [oldest] = (await api.get<EventsAnswer>(route, { limit: 1, types: "*", after: "0" })).events;
  return newest === undefined || oldest === undefined ? 0 : newest.seq - oldest.seq + 1;
}

interface EventsAnswer {
  readonly events: readonly { readonly seq: number; readonly receivedAt: number }[];
}

const LOGIN_WORDS: Readonly<Record<Evidence["login"]["login"], string>> = {
  logged_in: "logged in",
  guest: "taken for a guest",
  unknown: "not known yet",
};

/** The same without an account of ours: the user's own browser may be logged in. */
const OWN_WORDS: typeof LOGIN_WORDS = {
  logged_in: "as who is logged in in your own browser",
  guest: "as a guest",
  unknown: "not known yet",
};

const SESSION_WORDS: Readonly<Record<SessionEvidence["state"], string>> = {
  ...{ idle: "idle", connecting: "connecting", connected: "connected", lost: "lost", refused: "refused" },
  silent: "silent, though connected",
};

const GIFTS_WORDS: Readonly<Record<GiftsState, string>> = {
  ...{ flowing: "flowing", suppressed: "suppressed", unknown: "unknown" },
  partial: "partial, some do not come",
};

/** Returns what was seen of a room, in lines that begin with the names that the API has for it. */
function evidenceLines(evidence: Evidence): readonly Msg[] {
  const { gifts, giftsSeen, login, likesSeen, masked, gaps, reconnects, sessions } = evidence;
  const known = (said: Msg | null) => said ?? msg`not known yet`;
  return [
    msg`gifts: ${giftsWords(gifts, giftsSeen, msg`by the platform's ranks`)}`,
    msg`login: ${login.account === null ? msgOf(OWN_WORDS[login.login]) : msg`account ${login.account}, ${msgOf(LOGIN_WORDS[login.login])}`}`,
    msg`likesSeen: ${known(likesSeen === null ? null : msg`${(likesSeen * 100).toFixed(1)} % of those that the platform counts`)}`,
    msg`masked: ${known(masked === null ? null : masked ? msg`yes, the room hides who its people are` : msg`no`)}`,
    msg`gaps: ${gapsLine(gaps)}; reconnects: ${reconnects}`,
    ...(sessions.length < 2
      ? []
      : sessions.map(
          ({ session, state, since: from, reason, lost, received, outages, ...own }) =>
            msg`session ${session}: ${msgOf(SESSION_WORDS[state])} since ${moment(from)}${reason === null ? "" : msg` (${recorded(reason)})`}${lost === null ? "" : msg`, lost since ${moment(lost.since)}: ${recorded(lost.reason)}`}, ${received} messages, ${outages.count} outages${outages.count === 0 ? "" : msg` of ${Math.round(outages.totalMs / 1000)} s in all`}; gifts ${giftsWords(own.gifts, own.giftsSeen, msg`by ranks or other sessions`)}`,
        )),
  ];
}

/** Returns whether gifts come, since when, and how much of what was given did not. @param witness says who tells what was given */
function giftsWords(gifts: GiftsState, { since, diamondsWitnessed, diamondsMissing }: GiftsEvidence, witness: Msg): Msg {
  const missing = diamondsWitnessed === 0 ? "" : msg`; of ${diamondsWitnessed} diamonds ${witness} ${diamondsMissing} did not come`;
  return msg`${msgOf(GIFTS_WORDS[gifts])}${since === null ? "" : msg` since ${moment(since)}`}${missing}`;
}

const WATCH_WORDS: Readonly<Record<Watch, string>> = { on: "watched", paused: "paused", off: "not watched" };

function titleOf({ id, webRid, title, anchor }: RoomAnswer): string {
  return [webRid ?? `room:${id}`, anchor?.nickname, title].filter((part) => part !== null && part !== undefined).join("  ");
}
