import { type Command, Option as CommanderOption, type Option } from "commander";
import { type Config, loadConfig, readMachine } from "../../app/config.js";
import { reachOf } from "../../app/platform.js";
import { assertPossible, changeOf, shownSettings } from "../../cluster/settings.js";
import { meetRoom } from "../../collector/room-resolver.js";
import type { GiftsEvidence, GiftsState } from "../../health/gifts-watch.js";
import type { SessionEvidence } from "../../health/sessions.js";
import { seenIn } from "../../health/sightings.js";
import type { RoomStatus } from "../../health/state.js";
import { ROOM_DOOR, readPaste } from "../../platform/links/paste.js";
import { nameIn, type RoomName, resolveRoom } from "../../platform/links/resolve.js";
import { PlatformAccess, type Reach, wayOf } from "../../platform/platform-access.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { recorded, type Told, told, toldOf } from "../../runtime/told.js";
import { watchRoom } from "../../store/cluster.js";
import { newestReal, type RoomKey } from "../../store/log.js";
import { type RoomRow, type RoomSettings, roomNames, type Watch } from "../../store/rooms.js";
import type { Store } from "../../store/store.js";
import { confirmDeletion, deleteKept } from "../deletion.js";
import { pastedRoom } from "../pasted-room.js";
import { interruptSignal } from "../stop.js";
import { inWords, moment, padded, plain, print, say } from "../terminal.js";
import { withNewStore, withStore } from "../with-store.js";
import { gapsLine, seenFacts } from "./session.js";

/** Settings of a room as options say them: `none` gives a setting back to the server. */
type SettingOptions = { readonly [K in Exclude<keyof RoomSettings, "sessions">]?: string } & { readonly session?: readonly string[] };
/** Words of an option that stand for another value: the rest is taken as it is. */
const WORDS: Readonly<Record<string, boolean | null>> = { none: null, on: true, off: false };

/** Adds `dylive room add`, `list`, `show`, `set`, `pause`, `resume` and `remove`. They work beside a running server, which follows within seconds. */
export function addRoomCommands(program: Command, options: { data: () => Option; upstream: () => Option }): void {
  const room = program.command("room").description("the watch list: rooms that are collected whether or not anybody asks");
  const withSettings = (command: Command) =>
    command
      .option("--account <name>", "account to watch as; guest is none, none follows the server")
      .option("--proxy <url>", "proxy for this room; none follows the server")
      .addOption(
        new CommanderOption("--source <source>", "how it is read; none follows the server").choices(["websocket", "browser", "none"]),
      )
      .addOption(
        new CommanderOption("--record <record>", "whether its frames are kept as they came; none follows the server").choices([
          "on",
          "off",
          "none",
        ]),
      )
      .option(
        "--session <session>",
        "session that watches it, once for each: guest, guest:2, browser or account:NAME, then @browser or @websocket, then ,proxy=URL or ,proxy=none; none leaves one, by the settings above",
        (one: string, before: readonly string[] = []) => [...before, one],
      );
  withSettings(room.command("add").description("watch a room").argument("<text>", "a link, share text, room number or id; quote it"))
    .addOption(options.data())
    .addOption(options.upstream())
    .action((text: string, { account, proxy, source, record, session, ...settings }: Omit<Partial<Config>, "record"> & SettingOptions) =>
      add(loadConfig(settings), text, chosen({ account, proxy, source, record, session })),
    );
  room
    .command("list")
    .description("every room that is known, with its state as last told")
    .option("--json", "one JSON object a line", false)
    .addOption(options.data())
    .action(({ json, ...settings }: Partial<Config> & { json: boolean }) => list(loadConfig(settings), json));
  room
    .command("show")
    .description("what is known of a room")
    .argument("<room>", "its number, id or any other name")
    .option("--json", "one JSON object", false)
    .addOption(options.data())
    .action((name: string, { json, ...settings }: Partial<Config> & { json: boolean }) => show(loadConfig(settings), name, json));
  withSettings(room.command("set").description("change how a room is collected").argument("<room>", "its number, id or any other name"))
    .addOption(options.data())
    .action((name: string, { account, proxy, source, record, session, ...settings }: Omit<Partial<Config>, "record"> & SettingOptions) =>
      set(loadConfig(settings), name, chosen({ account, proxy, source, record, session })),
    );
  const watch = (command: string, description: string, to: Watch, done: Told) =>
    room
      .command(command)
      .description(description)
      .argument("<room>", "its number, id or any other name")
      .addOption(options.data())
      .action((name: string, settings: Partial<Config>) =>
        withStore(loadConfig(settings), async ({ rooms }) => {
          const { room: key } = await pastedRoom(rooms, name);
          await (to === "on" ? watchRoom(rooms, key) : rooms.setWatch(key, to));
          say(told`${titleOf(await rowOf(rooms, key))} ${done}`);
        }),
      );
  room
    .command("delete")
    .description("delete a room with all that is kept of it, for good")
    .argument("<room>", "its number, id or any other name")
    .option("--yes", "do not ask for its name first", false)
    .addOption(options.data())
    .action((name: string, { yes, ...settings }: Partial<Config> & { yes: boolean }) => deleteRoom(loadConfig(settings), name, yes));
  watch("pause", "stop collecting a room until it is resumed", "paused", told`is paused`);
  watch("resume", "collect a paused room again", "on", told`is watched again`);
  watch("remove", "take a room off the watch list; its events stay", "off", told`is no longer watched; its events stay`);
}

function chosen({ session, ...options }: { readonly [K in keyof SettingOptions]: SettingOptions[K] | undefined }): Partial<RoomSettings> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const settings = Object.fromEntries(
    given.map(([key, value = ""]) => [key, value === "none" || key === "record" ? (WORDS[value] ?? null) : value]),
  ) as Partial<RoomSettings>;
  if (session === undefined) return settings;
  return { ...settings, sessions: session.length === 1 && session[0] === "none" ? null : session };
}

function add(config: Config, text: string, settings: Partial<RoomSettings>): Promise<void> {
  // What names no room makes no store.
  readPaste(text, ROOM_DOOR);
  return withNewStore(config, async ({ rooms }) => {
    const room = await addRoom(config, rooms, text, settings, interruptSignal());
    say(
      told`${titleOf(await rowOf(rooms, room))} is watched: by the server that runs on this data folder, or by the next \`dylive serve\``,
    );
  });
}

/** Puts the room that a text names on the watch list, for the server that runs on the store or will. @throws DyliveError as the platform or the settings refuse it */
export async function addRoom(
  config: Config,
  rooms: Store["rooms"],
  text: string,
  settings: Partial<RoomSettings>,
  stop: AbortSignal,
): Promise<RoomKey> {
  const reach = reachOf(config, readMachine(), systemClock);
  await assertPossible(settings, reach);
  const access = new PlatformAccess(reach, wayOf(settings));
  try {
    const asker = await access.asker(stop);
    const name = await nameIn(text, { platform: access.platform, visitor: asker }, stop);
    const room = await meet(rooms, name, access, stop);
    await watchRoom(rooms, room, changeOf(settings));
    return room;
  } finally {
    access.leave();
    await reach.identities.close();
  }
}

/** Returns the room of a name. A number or a custom id can be watched although the platform does not answer now. */
async function meet(rooms: Store["rooms"], name: RoomName, access: PlatformAccess, signal: AbortSignal): Promise<RoomKey> {
  const known = await rooms.find(name);
  let why: Told;
  try {
    const resolved = await resolveRoom(name, access.platform, await access.asker(signal), signal, access.inPage);
    if ("facts" in resolved) return await meetRoom(rooms, name, resolved);
    why = recorded(String(resolved.reason));
    if (resolved.outcome === "no_account") throw new DyliveError("no_account", why);
  } catch (error) {
    if (signal.aborted || !(error instanceof DyliveError) || error.row.fault === "caller") throw error;
    why = error.said;
  }
  if (known === null && name.kind !== "web_rid" && name.kind !== "unique_id") throw new DyliveError("room_unknown", why);
  say(told`the platform did not say what it is now: ${why}`);
  return known ?? rooms.ensure([name], { webRid: name.value });
}

function list(config: Config, json: boolean): Promise<void> {
  return withStore(config, async (store) => {
    const rows = await store.rooms.list();
    if (rows.length === 0 && !json) say(told`no room is known; dylive room add LINK`);
    for (const row of rows) {
      const last = await lastState(store, row.room);
      if (json) await print(JSON.stringify({ ...shown(row), state: last }));
      else
        await print(
          [
            `room:${row.room}`,
            padded(inWords(toldOf(row.watch)), 6),
            padded(inWords(toldOf(last?.state ?? "-")), 10),
            plain(titleOf(row)),
          ].join("  "),
        );
    }
  });
}

function show(config: Config, name: string, json: boolean): Promise<void> {
  return withStore(config, async (store) => {
    const { room } = await pastedRoom(store.rooms, name);
    const row = await rowOf(store.rooms, room);
    const [aliases, last, sessions, heads, state] = await Promise.all([
      store.rooms.aliases(room),
      store.rooms.told(room),
      store.sessions.list(room, 1),
      store.log.heads([room]),
      lastState(store, room),
    ]);
    const brought = sessions[0] === undefined ? null : await store.sessions.seen(room, sessions[0].sessionId);
    const status = statusIn(last);
    const { head = 0, oldest = 1 } = heads.get(room) ?? {};
    const events = head - oldest + 1;
    const [newest] = (await newestReal(store.log, room, 1)).events;
    if (json)
      return print(
        JSON.stringify({
          ...shown(row),
          aliases,
          lastSession: sessions[0] ?? null,
          seen: brought === null ? null : seenIn(brought),
          events,
          state,
          toldAt: last?.at ?? null,
          evidence: status?.evidence ?? null,
        }),
      );
    const { account, proxy, source, record, sessions: watching } = shown(row).settings;
    const [session] = sessions;
    const lines = [
      titleOf(row),
      told`room:${room}, ${toldOf(WATCH_WORDS[row.watch])}; up to ${events} events in the log`,
      ...(state === null
        ? []
        : [told`${toldOf(state.state)} since ${moment(state.since)}, as told at ${moment(state.toldAt)}: ${recorded(state.reason)}`]),
      ...(newest === undefined ? [] : [told`stored last: what was received at ${moment(newest.receivedAt)}`]),
      ...(session === undefined
        ? []
        : [
            told`broadcast ${session.sessionId} from ${moment(session.openedAt)}${session.endedAt === null ? told`, going on` : told` to ${moment(session.endedAt)} (${toldOf(session.endReason ?? "")})`}`,
          ]),
      told`account ${account ?? told`the server's`}, proxy ${proxy ?? told`the server's`}, source ${source ?? told`the server's`}, frames ${record === null ? told`as the server says` : record ? told`kept` : told`not kept`}`,
      ...(watching === null ? [] : [told`watched by ${watching.length} sessions: ${watching.join("  ")}`]),
      ...(last === null || status === null
        ? []
        : [told`as the server told it at ${moment(last.at)}, ${ageOf(last.at)} ago:`, ...evidenceLines(status)]),
      ...seenFacts(brought).map(([what, said]) => told`${what}: ${said ?? "–"}`),
      told`known as ${aliases.map(({ kind, value }) => `${kind}:${value}`).join("  ")}`,
    ];
    for (const line of lines) await print(typeof line === "string" ? plain(line) : line);
  });
}

function set(config: Config, name: string, settings: Partial<RoomSettings>): Promise<void> {
  if (Object.keys(settings).length === 0)
    throw new DyliveError("bad_request", "name what to change: --account, --proxy, --source, --record or --session");
  return withStore(config, async ({ rooms }) => {
    const { room } = await pastedRoom(rooms, name);
    const reach: Reach = reachOf(config, readMachine(), systemClock);
    await assertPossible(settings, reach);
    await rooms.setSettings(room, changeOf(settings));
    say(told`${titleOf(await rowOf(rooms, room))} is changed; a running server reconnects with it`);
  });
}

function deleteRoom(config: Config, name: string, isSure: boolean): Promise<void> {
  const signal = interruptSignal();
  return withStore(config, async (store) => {
    const { rooms, log, deletions } = store;
    const { room } = await pastedRoom(rooms, name);
    const row = await rowOf(rooms, room);
    if (row.watch === "on")
      throw new DyliveError(
        "in_use",
        told`room ${room} is on the watch list: \`dylive room pause ${room}\` first, and a few seconds later this`,
      );
    const { oldest, head } = (await log.heads([room])).get(room) ?? { oldest: 1, head: 0 };
    const what = told`${titleOf(row)}: up to ${head - oldest + 1} events, with their statistics and recordings`;
    await confirmDeletion(what, roomNames(row, await rooms.aliases(room)), isSure, signal);
    await deleteKept(config, store, await deletions.ofRoom(room), signal);
  });
}

const LOGIN_WORDS: Readonly<Record<RoomStatus["evidence"]["login"]["login"], string>> = {
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
function evidenceLines({ evidence }: RoomStatus): readonly Told[] {
  const { gifts, giftsSeen, login, likesSeen, masked, gaps, reconnects, sessions } = evidence;
  const known = (said: Told | null) => said ?? told`not known yet`;
  return [
    told`gifts: ${giftsWords(gifts, giftsSeen, told`by the platform's ranks`)}`,
    told`login: ${login.account === null ? toldOf(OWN_WORDS[login.login]) : told`account ${login.account}, ${toldOf(LOGIN_WORDS[login.login])}`}`,
    told`likesSeen: ${known(likesSeen === null ? null : told`${(likesSeen * 100).toFixed(1)} % of those that the platform counts`)}`,
    told`masked: ${known(masked === null ? null : masked ? told`yes, the room hides who its people are` : told`no`)}`,
    told`gaps: ${gapsLine(gaps)}; reconnects: ${reconnects}`,
    ...(sessions.length < 2
      ? []
      : sessions.map(
          ({ session, state, since: from, reason, lost, received, outages, ...own }) =>
            told`session ${session}: ${toldOf(SESSION_WORDS[state])} since ${moment(from)}${reason === null ? "" : told` (${recorded(reason)})`}${lost === null ? "" : told`, lost since ${moment(lost.since)}: ${recorded(lost.reason)}`}, ${received} messages, ${outages.count} outages${outages.count === 0 ? "" : told` of ${Math.round(outages.totalMs / 1000)} s in all`}; gifts ${giftsWords(own.gifts, own.giftsSeen, told`by ranks or other sessions`)}`,
        )),
  ];
}

/** Returns whether gifts come, since when, and how much of what was given did not. @param witness says who tells what was given */
function giftsWords(gifts: GiftsState, { since, diamondsWitnessed, diamondsMissing }: GiftsEvidence, witness: Told): Told {
  const missing = diamondsWitnessed === 0 ? "" : told`; of ${diamondsWitnessed} diamonds ${witness} ${diamondsMissing} did not come`;
  return told`${toldOf(GIFTS_WORDS[gifts])}${since === null ? "" : told` since ${moment(since)}`}${missing}`;
}

/** Returns how long ago a moment (ms UTC) was, in its largest unit of which there are two. */
function ageOf(at: number): Told {
  const s = Math.max(0, Math.round((Date.now() - at) / 1000));
  if (s < 120) return told`${s} s`;
  if (s < 7200) return told`${Math.floor(s / 60)} min`;
  return s < 172_800 ? told`${Math.floor(s / 3600)} h` : told`${Math.floor(s / 86_400)} days`;
}

const WATCH_WORDS: Readonly<Record<Watch, string>> = { on: "watched", paused: "paused", off: "not watched" };

/** State of a room as it was told; times are ms UTC. */
interface ToldState {
  readonly state: string;
  readonly since: number;
  readonly reason: string;
  readonly toldAt: number;
}

/** Returns the state that the server told last, in the log or by the status that it keeps; null when it never did. */
async function lastState({ log, rooms }: Pick<Store, "log" | "rooms">, room: RoomKey): Promise<ToldState | null> {
  const [event] = (await newestReal(log, room, 1, { types: ["state"] })).events;
  const kept = await rooms.told(room);
  const status = statusIn(kept);
  if (kept !== null && status !== null && (event === undefined || kept.at >= event.time))
    return { state: status.state, since: status.evidence.since, reason: status.evidence.reason, toldAt: kept.at };
  if (event?.type !== "state") return null;
  return { state: event.to, since: event.time, reason: String(event.evidence["reason"] ?? ""), toldAt: event.time };
}

function statusIn(kept: { readonly status: string } | null): RoomStatus | null {
  return kept === null ? null : (JSON.parse(kept.status) as RoomStatus);
}

/** Returns what is kept of a room. @throws DyliveError not_found */
export async function rowOf(rooms: Store["rooms"], room: RoomKey): Promise<RoomRow> {
  const row = await rooms.get(room);
  if (row === null) throw new DyliveError("not_found", told`there is no room ${room}`);
  return row;
}

/** Returns a room as it may be shown: a proxy without its password, nothing of the connection. */
function shown({ resume: _resume, ...row }: RoomRow) {
  return { ...row, settings: shownSettings(row.settings) };
}

function titleOf({ room, webRid, title, anchor }: RoomRow): string {
  return [webRid ?? `room:${room}`, anchor?.nickname, title].filter((part) => part !== null && part !== undefined).join("  ");
}
