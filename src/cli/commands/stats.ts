import { type Command, Option } from "commander";
import type { RoomAnswer } from "../../http/v1/room-routes.js";
import type { ShownSession } from "../../http/v1/session-routes.js";
import type { doneBy, giftAnswer, minuteAnswer, personAnswer, personSessionAnswer } from "../../http/v1/statistics-schemas.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Msg, msg } from "../../runtime/msg.js";
import type { shownAudience, shownWitness } from "../../statistics/summary.js";
import { GIFT_GROUPS, type GiftGroup } from "../../store/statistics.js";
import { type LocalApi, path } from "../api.js";
import { asksApi, type Json } from "../options.js";
import { pastedName } from "../pasted-room.js";
import { type Cell, moment, percentText, print, printColumns, printJson, say } from "../terminal.js";
import { count } from "../values.js";
import { BROADCAST, factsOf, seenFacts, sessionPath } from "./session.js";

/** Levels that are shown as one. */
const BAND = 10;

interface ShownStatistics extends Json {
  readonly limit: number;
}

/** Options of `dylive stats`. */
interface StatsOptions extends Json {
  readonly minutes: boolean;
  readonly gifts?: GiftGroup;
  readonly user?: string;
  readonly limit?: number;
}

/** Adds `dylive stats` and `user`. */
export function addStatsCommands(program: Command): void {
  const stats = program
    .command("stats")
    .description("a broadcast in figures: totals, people, words; or its minutes, or its gifts")
    .argument("<room>", "a room (its newest broadcast), or a broadcast's room_id")
    .argument("[session]", BROADCAST)
    .option("--minutes", "minute by minute", false)
    .addOption(new Option("--gifts <by>", "its gifts, summed by this, those worth most first").choices(GIFT_GROUPS))
    .option("--user <id>", "with --gifts, only what this person gave")
    .option("--limit <n>", "rows of each list (10; of gifts 50)", count)
    .option("--json", "as JSON", false);
  asksApi(stats, async (api, room: string, id: string | undefined, { minutes, gifts: by, user, json, limit }: StatsOptions) => {
    if (by !== undefined && minutes) throw new DyliveError("bad_request", "--gifts and --minutes are two questions: give one");
    if (by === undefined && user !== undefined)
      throw new DyliveError("bad_request", "--user says whose gifts --gifts shows; dylive user shows what a person did");
    const session = await api.get<ShownSession>(sessionPath(room, id));
    if (by !== undefined) return showGifts(api, session, { by, json, limit: limit ?? 50, user });
    return minutes ? showMinutes(api, session, json) : showStats(api, session, { json, limit: limit ?? 10 });
  });
  const user = program
    .command("user")
    .description("what a person did in all rooms, or in the broadcasts of one")
    .argument("<user>", "the person's id (uid)")
    .argument("[room]", "the room's id here, or any of its names that is known here")
    .option("--json", "as JSON", false);
  asksApi(user, (api, id: string, room: string | undefined, { json }: Json) =>
    room === undefined ? showPerson(api, id, json) : showUser(api, room, id, json),
  );
}

/** Returns the path of a part of a broadcast's figures. */
function partOf({ room, id }: ShownSession, part: string): string {
  return `${path`/rooms/${room}/sessions/${id}`}/${part}`;
}

async function showStats(api: LocalApi, session: ShownSession, { json, limit }: ShownStatistics): Promise<void> {
  const { id: sessionId, totals, seen } = session;
  const top = async (by: "diamonds" | "chats") =>
    (await api.some<PersonAnswer>(partOf(session, "top"), "people", { by }, limit)).items.map(asPerson);
  const counted = async (kind: "word" | "emoji") =>
    (await api.some<{ readonly text: string; readonly count: number }>(partOf(session, "words"), "words", { kind }, limit)).items;
  const [gifters, chatters, words, emoji] = [await top("diamonds"), await top("chats"), await counted("word"), await counted("emoji")];
  const ranks = await api.get<{ readonly people: readonly WitnessAnswer[] }>(partOf(session, "witness"), { limit: Math.min(limit, 1_000) });
  const witness = ranks.people.map(asPerson);
  const { behind, ...audience } = await api.get<ReturnType<typeof shownAudience> & { readonly behind: number }>(
    partOf(session, "audience"),
  );
  if (behind > 0) say(msg`${behind} events are not counted in what follows`);
  if (json) return print(JSON.stringify({ session: sessionId, totals, seen, audience, gifters, chatters, words, emoji, witness }));
  await printColumns([msg`session`, sessionId], [...(totals === null ? [[msg`events`, 0] as const] : factsOf(totals)), ...seenFacts(seen)]);
  await print("");
  await printColumns([msg`people`, String(audience.people ?? 0)], audienceFacts(audience));
  await print("");
  await printColumns(
    [msg`gives most`, "id", msg`diamonds`, msg`units`],
    gifters.map(({ name, userId, diamonds, units }) => [name, userId, diamonds, units]),
  );
  await print("");
  await printColumns(
    [msg`by the platform's ranks`, "id", msg`diamonds, at least`, msg`of them received`],
    witness.map(({ name, userId, diamondsWitnessed, diamondsReceived }) => [name, userId, diamondsWitnessed, diamondsReceived]),
  );
  await print("");
  await printColumns(
    [msg`chats most`, "id", msg`chats`],
    chatters.map(({ name, userId, chats }) => [name, userId, chats]),
  );
  await print("");
  await printColumns(
    [msg`word`, msg`times`],
    words.map(({ text, count }) => [text, count]),
  );
  await print("");
  await printColumns(
    [msg`emoji`, msg`times`],
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
}: ReturnType<typeof shownAudience>): [Msg, Cell][] {
  const percent = (share: number | null) => (share === null ? null : `${percentText(share)} %`);
  const bands = new Map<number, number>();
  for (const { level, people } of levels) bands.set(Math.floor(level / BAND), (bands.get(Math.floor(level / BAND)) ?? 0) + people);
  return [
    [msg`for the first time here`, newcomers ?? msg`unknown: no earlier broadcast was counted`],
    [msg`gave`, gifters ?? 0],
    [msg`gave for the first time here`, firstGifters],
    [msg`diamonds by the one who gave most`, percent(topShare.one)],
    [msg`by the ten who gave most`, percent(topShare.ten)],
    [msg`by the hundred who gave most`, percent(topShare.hundred)],
    [msg`in the fans club`, clubLevels.reduce((sum, { people }) => sum + people, 0)],
    ...[...bands].map(([band, people]): [Msg, Cell] => [msg`level ${band * BAND} to ${band * BAND + BAND - 1}`, people]),
  ];
}

async function showMinutes(api: LocalApi, session: ShownSession, json: boolean): Promise<void> {
  const minutes = api.items<ReturnType<typeof minuteAnswer>>(partOf(session, "stats"), "minutes", { limit: 1_000 });
  if (json) return printJson(minutes);
  const rows: Cell[][] = [];
  for await (const { time, messages, units, diamonds, unpricedUnits, likes, online } of minutes) {
    const worth = diamonds === 0 && unpricedUnits > 0 ? null : diamonds;
    rows.push([
      ...[moment(time), messages.chat ?? 0, messages.gift ?? 0, units, worth],
      ...[likes, messages.join ?? 0, messages.follow ?? 0, online],
    ]);
  }
  await printColumns(
    [msg`minute`, msg`chats`, msg`gifts`, msg`units`, msg`diamonds`, msg`likes`, msg`joins`, msg`follows`, msg`online`],
    rows,
  );
}

async function showGifts(
  api: LocalApi,
  session: ShownSession,
  { json, limit, by, user: userId }: ShownStatistics & { readonly by: GiftGroup; readonly user: string | undefined },
): Promise<void> {
  const { items } = await api.some<ReturnType<typeof giftAnswer>>(partOf(session, "gifts"), "gifts", { by, user: userId }, limit);
  if (json) return printJson(items);
  const [user, receiver, gift] = [by === "user" || by === "line", by === "receiver" || by === "line", by === "gift" || by === "line"];
  await printColumns(
    [
      ...(user ? [msg`giver`, "id"] : []),
      ...(receiver ? [msg`to`] : []),
      ...(gift ? [msg`gift`] : []),
      msg`combos`,
      msg`settled`,
      msg`units`,
      msg`diamonds`,
      msg`unpriced`,
    ],
    items.map((row) => {
      const { combos, settled, units, diamonds, unpricedUnits } = row;
      const to =
        row.receiver === null
          ? msg`the anchor`
          : row.receiver.id === null
            ? msg`hidden guests`
            : (row.receiver.nickname ?? row.receiver.id);
      return [
        ...(user ? [row.user === null ? msg`hidden people` : row.user.nickname, row.user?.id ?? null] : []),
        ...(receiver ? [to] : []),
        ...(gift ? [row.gift?.name ?? row.gift?.id ?? null] : []),
        ...[combos, settled, units, diamonds, unpricedUnits],
      ];
    }),
  );
}

type Done = ReturnType<typeof doneBy>;
type PersonAnswer = ReturnType<typeof personAnswer>;
type WitnessAnswer = ReturnType<typeof shownWitness> & { readonly id: string; readonly nickname: string | null };

/** Returns a person as this command has called their fields from the beginning. */
function asPerson<T extends { readonly id: string; readonly nickname: string | null }>({ id, nickname, ...rest }: T) {
  return { userId: id, name: nickname, ...rest };
}

async function showPerson(api: LocalApi, userId: string, json: boolean): Promise<void> {
  const rows: (Done & {
    readonly room: string;
    readonly nickname: string | null;
    readonly sessions: number;
    readonly anchor: RoomAnswer["anchor"];
  })[] = [];
  for await (const row of api.items<(typeof rows)[number]>(path`/users/${userId}`, "rooms", { limit: 1_000 })) rows.push(row);
  if (json)
    return printJson(
      rows.map(({ room, nickname, anchor, ...row }) => ({ room: Number(room), name: nickname, ...row, anchor: anchor?.nickname ?? null })),
    );
  await printColumns(
    [msg`room`, msg`anchor`, msg`name`, msg`first`, msg`last`, msg`broadcasts`, msg`chats`, msg`likes`, msg`units`, msg`diamonds`],
    rows.map((row) => [
      ...[Number(row.room), row.anchor?.nickname ?? null, row.nickname, moment(row.firstAt), moment(row.lastAt), row.sessions],
      ...[row.chats, row.likes, row.units, row.diamonds],
    ]),
  );
}

async function showUser(api: LocalApi, asked: string, userId: string, json: boolean): Promise<void> {
  const rows: ReturnType<typeof personSessionAnswer>[] = [];
  const route = path`/rooms/${pastedName(asked)}/users/${userId}`;
  for await (const row of api.items<(typeof rows)[number]>(route, "sessions", { limit: 1_000 })) rows.push(row);
  if (json) return printJson(rows.map(({ session, nickname, ...row }) => ({ sessionId: session ?? "", name: nickname, ...row })));
  await printColumns(
    [msg`session`, msg`name`, msg`first`, msg`last`, msg`events`, msg`chats`, msg`likes`, msg`units`, msg`diamonds`],
    rows.map((row) => [
      ...[row.session ?? "", row.nickname, moment(row.firstAt), moment(row.lastAt)],
      ...[row.events, row.chats, row.likes, row.units, row.diamonds],
    ]),
  );
}
