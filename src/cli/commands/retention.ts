import { resolve } from "node:path";
import { type Command, InvalidArgumentError, type Option } from "commander";
import { type Config, loadConfig, variableOf } from "../../app/config.js";
import { beyondLimits } from "../../retention/step.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Told, told, toldOf } from "../../runtime/told.js";
import { rawFiles, rawFolder } from "../../sources/raw/files.js";
import type { RoomKey } from "../../store/log.js";
import { type Limits, type LimitsOf, RETAINED } from "../../store/sql/retention.js";
import type { Store } from "../../store/store.js";
import { WordsOption } from "../completion/node.js";
import { pastedRoom } from "../pasted-room.js";
import { moment, print, printColumns } from "../terminal.js";
import { limitsNow, withStore } from "../with-store.js";

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const UNIT_BYTES: Readonly<Record<string, number>> = { MB: 1_000_000, GB: 1_000_000_000 };

/** Options of `dylive retention`: null is no limit. */
interface RetentionOptions {
  readonly kind: keyof LimitsOf;
  readonly age?: number | null;
  readonly size?: number | null;
  readonly server: boolean;
}

/** Adds `dylive retention`. @param data makes the option that names the data folder */
export function addRetentionCommand(program: Command, data: () => Option): void {
  program
    .command("retention")
    .description("show or set how much is kept of a room")
    .argument("<room>", "the room's id here, or any of its names that is known here")
    .addOption(new WordsOption("--kind <kind>", "what of: events, statistics, raw", RETAINED).argParser(kindOf).default("events"))
    .option("--age <time>", "keep what is younger, such as 12h, 30d or 8w; none is no limit", ageOf)
    .option("--size <size>", "keep the newest up to a size, such as 500MB or 2GB; none is no limit", sizeOf)
    .option("--server", "follow the server's settings again", false)
    .addOption(data())
    .action((room: string, { kind, age, size, server, ...settings }: Partial<Config> & RetentionOptions) => {
      const config = loadConfig(settings);
      return withStore(config, (store) =>
        run(store, config, room, { kind, server, ...(age !== undefined && { age }), ...(size !== undefined && { size }) }),
      );
    });
}

async function run(store: Store, config: Config, asked: string, { kind, age, size, server: isServers }: RetentionOptions): Promise<void> {
  const { room } = await pastedRoom(store.rooms, asked);
  const { retention } = store;
  if (isServers && (age !== undefined || size !== undefined))
    throw new DyliveError("bad_request", "--server takes neither --age nor --size");
  if (kind === "statistics" && size !== undefined) throw new DyliveError("bad_request", "statistics are kept by age only");
  if (isServers) await retention.setLimits(room, kind, null);
  if (age !== undefined || size !== undefined) {
    // What is not given stays: as set for the room, else without limit.
    const { maxAgeMs = null, maxBytes = null } = (await retention.limits(room))[kind] ?? {};
    await retention.setLimits(room, kind, { maxAgeMs: age === undefined ? maxAgeMs : age, maxBytes: size === undefined ? maxBytes : size });
  }
  const own = await retention.limits(room);
  const { limits: servers, isKnown } = await limitsNow(config, store);
  const limits: LimitsOf = { ...servers, ...own };
  const retained = await retainedOf(store, rawFolder(resolve(config.data)), room, limits, systemClock.now());
  await printColumns(
    [told`what`, told`kept for`, told`up to`, told`by`, told`now`, told`beyond`],
    RETAINED.map((one) => [
      one,
      ...shown(limits[one]),
      own[one] !== undefined
        ? told`this room`
        : !isKnown
          ? told`the server (${settingsOf(one)}), which alone knows unless it was changed here`
          : told`the server (${settingsOf(one)})`,
      retained[one].now,
      retained[one].beyond,
    ]),
  );
  const horizon = await retention.horizon(room);
  if (horizon !== null) await print(told`events up to ${moment(horizon)} were removed`);
  if (RETAINED.some((one) => String(retained[one].beyond ?? "nothing") !== "nothing"))
    await print(
      (await retention.days()) === null
        ? told`what is beyond is removed within ten minutes, while a server runs`
        : told`what is beyond is removed within ten minutes, events with their day up to 25 hours later, while a server runs`,
    );
}

function shown({ maxAgeMs, maxBytes }: Limits): [Told, Told] {
  const age =
    maxAgeMs === null
      ? told`ever`
      : maxAgeMs % 86_400_000 === 0
        ? told`${maxAgeMs / 86_400_000} days`
        : told`${(maxAgeMs / 3_600_000).toFixed(1)} hours`;
  return [age, maxBytes === null ? told`any size` : toldOf(`${(maxBytes / 1e6).toFixed(0)} MB`)];
}

function settingsOf(kind: keyof LimitsOf): string {
  const days = { events: "keepEventsDays", statistics: "keepStatisticsDays", raw: "keepRawDays" } as const;
  return variableOf(days[kind]);
}

function kindOf(text: string): keyof LimitsOf {
  const kind = RETAINED.find((one) => one === text);
  if (kind === undefined) throw new InvalidArgumentError(`It takes ${RETAINED.join(", ")}.`);
  return kind;
}

function ageOf(text: string): number | null {
  if (text === "none") return null;
  const [, count, unit = ""] = /^([1-9]\d{0,5})([hdw])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("It takes a time such as 12h, 30d or 8w, or none.");
  return Number(count) * (UNIT_MS[unit] ?? 0);
}

function sizeOf(text: string): number | null {
  if (text === "none") return null;
  const [, count, unit = ""] = /^([1-9]\d{0,8})(MB|GB)$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("It takes a size such as 500MB or 2GB, or none.");
  return Number(count) * (UNIT_BYTES[unit] ?? 0);
}

/** Amounts of a kind that are kept now, and that are beyond its limits; null where it is not told. */
interface RetainedNow {
  readonly now: Told | null;
  readonly beyond: Told | null;
}

/** Returns what is kept of a room now. @param folder of all raw recordings @param now ms UTC */
export async function retainedOf(
  store: Store,
  folder: string,
  room: RoomKey,
  limits: LimitsOf,
  now: number,
): Promise<Readonly<Record<keyof LimitsOf, RetainedNow>>> {
  return {
    events: await eventsOf(store, room, limits.events, now),
    statistics: { now: null, beyond: null },
    raw: await rawOf(folder, room, limits.raw, now),
  };
}

async function eventsOf({ log, retention }: Store, room: RoomKey, { maxAgeMs, maxBytes }: Limits, now: number): Promise<RetainedNow> {
  const { oldest = 1 } = (await log.heads([room])).get(room) ?? {};
  const first = (await log.read(room, oldest - 1, 1)).events[0];
  if (first === undefined) return { now: told`nothing`, beyond: told`nothing` };
  const bytes = await retention.size(room);
  const parts = [
    ...(maxBytes !== null && bytes > maxBytes ? [toldOf(megabytes(bytes - maxBytes))] : []),
    ...(maxAgeMs !== null && first.receivedAt < now - maxAgeMs ? [told`what came before ${moment(now - maxAgeMs)}`] : []),
  ];
  return {
    now: told`${megabytes(bytes)} since ${moment(first.receivedAt)}`,
    beyond: parts.length === 0 ? told`nothing` : parts.reduce((one, other) => told`${one} and ${other}`),
  };
}

async function rawOf(folder: string, room: RoomKey, limits: Limits, now: number): Promise<RetainedNow> {
  const files = await rawFiles(folder, room);
  const [first] = files;
  if (first === undefined) return { now: told`nothing`, beyond: told`nothing` };
  const shown = (some: readonly { readonly bytes: number }[]) =>
    some.length === 0 ? told`nothing` : told`${some.length} files, ${megabytes(some.reduce((sum, { bytes }) => sum + bytes, 0))}`;
  return { now: told`${shown(files)} since ${moment(first.startedAt)}`, beyond: shown(beyondLimits(files, limits, now)) };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
