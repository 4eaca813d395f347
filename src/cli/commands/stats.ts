import { type Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import { seenIn } from "../../health/sightings.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Told, told } from "../../runtime/told.js";
import { amountOf, knownDiamonds, shownAudience, shownGifts, shownWitness, summaryOf } from "../../statistics/summary.js";
import { GIFT_GROUPS, type GiftGroup, HIDDEN_RECEIVER } from "../../store/statistics.js";
import type { Store } from "../../store/store.js";
import { type Cell, moment, percentText, print, printColumns } from "../terminal.js";
import { count } from "../values.js";
import { withStore } from "../with-store.js";
import { BROADCAST, countAll, countedRoom, countedSession, factsOf, seenFacts } from "./session.js";

const MINUTE_MS = 60_000;
const MINUTES_MAX = 100_000;
/** Levels that are shown as one. */
const BAND = 10;
const SESSIONS_MAX = 100_000;
/** Number of rooms in which nobody was seen. */
const ROOMS_MAX = 100_000;

interface ShownStatistics {
  readonly json: boolean;
  readonly limit: number;
}

/** Options of `dylive stats`. */
interface StatsArguments {
  readonly minutes: boolean;
  readonly gifts?: GiftGroup;
  readonly user?: string;
  readonly limit?: number;
  readonly json: boolean;
}

/** Adds `dylive stats` and `user`. @param data makes the option that names the data folder */
export function addStatsCommands(program: Command, data: () => Option): void {
  const json = () => new Option("--json", "as JSON").default(false);
  const broadcast = "a room (its newest broadcast), or a broadcast's room_id";
  program
    .command("stats")
    .description("a broadcast in figures: totals, people, words; or its minutes, or its gifts")
    .argument("<room>", broadcast)
    .argument("[session]", BROADCAST)
    .option("--minutes", "minute by minute", false)
    .addOption(new Option("--gifts <by>", "its gifts, summed by this, those worth most first").choices(GIFT_GROUPS))
    .option("--user <id>", "with --gifts, only what this person gave")
    .option("--limit <n>", "rows of each list (10; of gifts 50)", count)
    .addOption(json())
    .addOption(data())
    .action((room: string, id: string | undefined, options: Partial<Config> & StatsArguments) => {
      const { minutes, gifts: by, user, json, limit, ...settings } = options;
      if (by !== undefined && minutes) throw new DyliveError("bad_request", "--gifts and --minutes are two questions: give one");
      if (by === undefined && user !== undefined)
        throw new DyliveError("bad_request", "--user says whose gifts --gifts shows; what a person did is told by dylive user");
      return withStore(loadConfig(settings), (store) => {
        const session = id ?? null;
        if (by !== undefined)
          return showGifts(store, room, session, { by, json, limit: limit ?? 50, ...(user !== undefined && { userId: user }) });
        return minutes ? showMinutes(store, room, session, json) : showStats(store, room, session, { json, limit: limit ?? 10 });
      });
    });
  program
    .command("user")
    .description("what a person did in all rooms, or in the broadcasts of one")
    .argument("<user>", "the person's id (uid)")
    .argument("[room]", "the room's id here, or any of its names that is known here")
    .addOption(json())
    .addOption(data())
    .action((user: string, room: string | undefined, { json, ...settings }: Partial<Config> & { json: boolean }) =>
      withStore(loadConfig(settings), (store) => (room === undefined ? showPerson(store, user, json) : showUser(store, room, user, json))),
    );
}

async function showStats(store: Store, asked: string, id: string | null, { json, limit }: ShownStatistics): Promise<void> {
  const session = await countedSession(store, asked, id);
  const { room, sessionId } = session;
  const { statistics } = store;
  const counted = (await statistics.sessions(room, [sessionId])).get(sessionId);
  const totals = summaryOf(session, counted);
  const top = async (by: "diamonds" | "chats") =>
    (await statistics.people(room, sessionId, by, limit)).map(({ diamonds, ...one }) => ({ ...one, diamonds: amountOf(diamonds) }));
  const [gifters, chatters] = [await top("diamonds"), await top("chats")];
  const [words, emoji] = [await statistics.words(room, sessionId, "word", limit), await statistics.words(room, sessionId, "emoji", limit)];
  const witness = (await statistics.witnesses(room, sessionId, limit)).map(({ userId, name, ...said }) => ({
    userId,
    name,
    ...shownWitness(said),
  }));
  const brought = await store.sessions.seen(room, sessionId);
  const seen = brought === null ? null : seenIn(brought);
  const audience = shownAudience(await statistics.audience(room, sessionId));
  if (json) return print(JSON.stringify({ session: sessionId, totals, seen, audience, gifters, chatters, words, emoji, witness }));
  await printColumns(
    [told`session`, sessionId],
    [...(totals === null ? [[told`events`, 0] as const] : factsOf(totals)), ...seenFacts(seen)],
  );
  await print("");
  await printColumns([told`people`, String(audience.people ?? 0)], audienceFacts(audience));
  await print("");
  await printColumns(
    [told`gives most`, "id", told`diamonds`, told`units`],
    gifters.map(({ name, userId, diamonds, units }) => [name, userId, diamonds, units]),
  );
  await print("");
  await printColumns(
    [told`by the platform's ranks`, "id", told`diamonds, at least`, told`of them received`],
    witness.map(({ name, userId, diamondsWitnessed, diamondsReceived }) => [name, userId, diamondsWitnessed, diamondsReceived]),
  );
  await print("");
  await printColumns(
    [told`chats most`, "id", told`chats`],
    chatters.map(({ name, userId, chats }) => [name, userId, chats]),
  );
  await print("");
  await printColumns(
    [told`word`, told`times`],
    words.map(({ text, count }) => [text, count]),
  );
  await print("");
  await printColumns(
    [told`emoji`, told`times`],
    emoji.map(({ text, count }) => [text, count]),
  );
}

/** Returns a portrait of a broadcast's people, in words. */
function audienceFacts({
  newcomers,
  gifters,
  firstGifters,
  levels,
  clubLevels,
  topShare,
}: ReturnType<typeof shownAudience>): [Told, Cell][] {
  const percent = (share: number | null) => (share === null ? null : `${percentText(share)} %`);
  const bands = new Map<number, number>();
  for (const { level, people } of levels) bands.set(Math.floor(level / BAND), (bands.get(Math.floor(level / BAND)) ?? 0) + people);
  return [
    [told`for the first time here`, newcomers ?? told`unknown: no earlier broadcast was counted`],
    [told`gave`, gifters ?? 0],
    [told`gave for the first time here`, firstGifters],
    [told`diamonds by the one who gave most`, percent(topShare.one)],
    [told`by the ten who gave most`, percent(topShare.ten)],
    [told`by the hundred who gave most`, percent(topShare.hundred)],
    [told`in the fans club`, clubLevels.reduce((sum, { people }) => sum + people, 0)],
    ...[...bands].map(([band, people]): [Told, Cell] => [told`level ${band * BAND} to ${band * BAND + BAND - 1}`, people]),
  ];
}

async function showMinutes(store: Store, asked: string, id: string | null, json: boolean): Promise<void> {
  const { room, sessionId } = await countedSession(store, asked, id);
  const minutes = await store.statistics.minutes(room, sessionId, Number.MIN_SAFE_INTEGER, MINUTES_MAX);
  const rows = minutes.map(({ minute, totals }) => ({ time: minute * MINUTE_MS, ...totals, diamonds: knownDiamonds(totals) }));
  if (json) {
    for (const { hidden: _hidden, ...row } of rows) await print(JSON.stringify(row));
    return;
  }
  await printColumns(
    [told`minute`, told`chats`, told`gifts`, told`units`, told`diamonds`, told`likes`, told`joins`, told`follows`, told`online`],
    rows.map(({ time, types, units, diamonds, likes, online }) => [
      moment(time),
      types.chat ?? 0,
      types.gift ?? 0,
      units,
      diamonds,
      likes,
      types.join ?? 0,
      types.follow ?? 0,
      online?.value ?? null,
    ]),
  );
}

async function showGifts(
  store: Store,
  asked: string,
  id: string | null,
  { json, ...ask }: { readonly json: boolean; readonly by: GiftGroup; readonly limit: number; readonly userId?: string },
): Promise<void> {
  const { room, sessionId } = await countedSession(store, asked, id);
  const rows = await store.statistics.gifts(room, sessionId, ask);
  if (json) {
    for (const { place: _place, ...row } of rows) await print(JSON.stringify({ ...row, ...shownGifts(row) }));
    return;
  }
  const { by } = ask;
  const [user, receiver, gift] = [by === "user" || by === "line", by === "receiver" || by === "line", by === "gift" || by === "line"];
  await printColumns(
    [
      ...(user ? [told`giver`, "id"] : []),
      ...(receiver ? [told`to`] : []),
      ...(gift ? [told`gift`] : []),
      told`combos`,
      told`settled`,
      told`units`,
      told`diamonds`,
      told`unpriced`,
    ],
    rows.map((row) => {
      const { combos, settled, units, diamonds, unpricedUnits } = shownGifts(row);
      const to =
        row.receiverId === null
          ? told`the anchor`
          : row.receiverId === HIDDEN_RECEIVER
            ? told`hidden guests`
            : (row.receiverName ?? row.receiverId);
      return [
        ...(user ? [row.userId === null ? told`hidden people` : row.userName, row.userId] : []),
        ...(receiver ? [to] : []),
        ...(gift ? [row.giftName ?? row.giftId] : []),
        ...[combos, settled, units, diamonds, unpricedUnits],
      ];
    }),
  );
}

async function showPerson(store: Store, userId: string, json: boolean): Promise<void> {
  await countAll(store, told`all rooms`);
  const rows = await store.statistics.personRooms(userId, null, ROOMS_MAX);
  if (rows.length === 0) throw new DyliveError("not_found", told`nobody with the id ${JSON.stringify(userId)} was seen in any room`);
  const anchors = new Map((await store.rooms.list()).map(({ room, anchor }) => [room, anchor?.nickname ?? null]));
  const shown = rows.map((row) => ({ ...row, anchor: anchors.get(row.room) ?? null, diamonds: amountOf(row.diamonds) }));
  if (json) {
    for (const row of shown) await print(JSON.stringify(row));
    return;
  }
  await printColumns(
    [
      told`room`,
      told`anchor`,
      told`name`,
      told`first`,
      told`last`,
      told`broadcasts`,
      told`chats`,
      told`likes`,
      told`units`,
      told`diamonds`,
    ],
    shown.map((row) => [
      ...[row.room, row.anchor, row.name, moment(row.firstAt), moment(row.lastAt), row.sessions],
      ...[row.chats, row.likes, row.units, row.diamonds],
    ]),
  );
}

async function showUser(store: Store, asked: string, userId: string, json: boolean): Promise<void> {
  const { room } = await countedRoom(store, asked);
  const rows = await store.statistics.person(room, userId, SESSIONS_MAX);
  if (rows.length === 0) throw new DyliveError("not_found", told`nobody with the id ${JSON.stringify(userId)} was seen in the room`);
  const shown = rows.map(({ place: _place, nameSeq: _seq, ...row }) => ({ ...row, diamonds: amountOf(row.diamonds) }));
  if (json) {
    for (const row of shown) await print(JSON.stringify(row));
    return;
  }
  await printColumns(
    [told`session`, told`name`, told`first`, told`last`, told`events`, told`chats`, told`likes`, told`units`, told`diamonds`],
    shown.map((row) => [
      row.sessionId,
      row.name,
      moment(row.firstAt),
      moment(row.lastAt),
      row.events,
      row.chats,
      row.likes,
      row.units,
      row.diamonds,
    ]),
  );
}
