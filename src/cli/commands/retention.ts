import { type Command, InvalidArgumentError } from "commander";
import { variableOf } from "../../app/config.js";
import type { ShownRetention } from "../../http/v1/retention-routes.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Msg, msg, msgOf } from "../../runtime/msg.js";
import { type Limits, type LimitsOf, RETAINED } from "../../store/sql/retention.js";
import { type LocalApi, path } from "../api.js";
import { WordsOption } from "../completion.js";
import { asksApi } from "../options.js";
import { pastedName } from "../pasted-room.js";
import { moment, print, printColumns } from "../terminal.js";

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const UNIT_BYTES: Readonly<Record<string, number>> = { MB: 1_000_000, GB: 1_000_000_000 };

/** Options of `dylive retention`: null is no limit. */
interface RetentionOptions {
  readonly kind: keyof LimitsOf;
  readonly age?: number | null;
  readonly size?: number | null;
  readonly server: boolean;
}

/** Adds `dylive retention`. */
export function addRetentionCommand(program: Command): void {
  const retention = program
    .command("retention")
    .description("show or set how much is kept of a room")
    .argument("<room>", "the room's id here, or any of its names that is known here")
    .addOption(new WordsOption("--kind <kind>", "what of: events, statistics, raw", RETAINED).argParser(kindOf).default("events"))
    .option("--age <time>", "keep what is younger, such as 12h, 30d or 8w; none is no limit", ageOf)
    .option("--size <size>", "keep the newest up to a size, such as 500MB or 2GB; none is no limit", sizeOf)
    .option("--server", "follow the server's settings again", false);
  asksApi(retention, run);
}

async function run(api: LocalApi, asked: string, { kind, age, size, server: isServers }: RetentionOptions): Promise<void> {
  const route = path`/rooms/${pastedName(asked)}/retention`;
  if (isServers && (age !== undefined || size !== undefined))
    throw new DyliveError("bad_request", "--server takes neither --age nor --size");
  if (kind === "statistics" && size !== undefined) throw new DyliveError("bad_request", "statistics are kept by age only");
  let kept = await api.get<ShownRetention>(route);
  // What is not given stays: as set for the room, else without limit.
  const { maxAgeMs = null, maxBytes = null } = kept[kind] ?? {};
  const limits = isServers ? null : { maxAgeMs: age === undefined ? maxAgeMs : age, maxBytes: size === undefined ? maxBytes : size };
  if (isServers || age !== undefined || size !== undefined)
    kept = await api.ask<ShownRetention>("PATCH", route, { body: { [kind]: limits } });
  await show(kept);
}

/** Says how much is kept of a room, and what of it is beyond its limits. @param now ms UTC */
export async function show(kept: ShownRetention, now = Date.now()): Promise<void> {
  const retained = { events: eventsOf(kept, now), statistics: { now: null, beyond: null }, raw: rawOf(kept) };
  await printColumns(
    [msg`what`, msg`kept for`, msg`up to`, msg`by`, msg`now`, msg`beyond`],
    RETAINED.map((one) => [
      one,
      ...shown(kept[one] ?? kept.server[one]),
      kept[one] !== null ? msg`this room` : msg`the server (${settingsOf(one)})`,
      retained[one].now,
      retained[one].beyond,
    ]),
  );
  if (kept.removedUntil !== null) await print(msg`events up to ${moment(kept.removedUntil)} were removed`);
  if (RETAINED.some((one) => String(retained[one].beyond ?? "nothing") !== "nothing"))
    await print(
      kept.byDay
        ? msg`what is beyond is removed within ten minutes, events with their day up to 25 hours later, while a server runs`
        : msg`what is beyond is removed within ten minutes, while a server runs`,
    );
}

function shown({ maxAgeMs, maxBytes }: Limits): [Msg, Msg] {
  const age =
    maxAgeMs === null
      ? msg`ever`
      : maxAgeMs % 86_400_000 === 0
        ? msg`${maxAgeMs / 86_400_000} days`
        : msg`${(maxAgeMs / 3_600_000).toFixed(1)} hours`;
  return [age, maxBytes === null ? msg`any size` : msgOf(`${(maxBytes / 1e6).toFixed(0)} MB`)];
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

/** Amounts of a kind that are kept now, and that are beyond its limits. */
interface RetainedNow {
  readonly now: Msg;
  readonly beyond: Msg;
}

function eventsOf({ events, server, eventBytes, eventsSince }: ShownRetention, now: number): RetainedNow {
  const { maxAgeMs, maxBytes } = events ?? server.events;
  if (eventsSince === null) return { now: msg`nothing`, beyond: msg`nothing` };
  const parts = [
    ...(maxBytes !== null && eventBytes > maxBytes ? [msgOf(megabytes(eventBytes - maxBytes))] : []),
    ...(maxAgeMs !== null && eventsSince < now - maxAgeMs ? [msg`what came before ${moment(now - maxAgeMs)}`] : []),
  ];
  return {
    now: msg`${megabytes(eventBytes)} since ${moment(eventsSince)}`,
    beyond: parts.length === 0 ? msg`nothing` : parts.reduce((one, other) => msg`${one} and ${other}`),
  };
}

function rawOf({ recordings: { now, beyond, since } }: ShownRetention): RetainedNow {
  if (since === null) return { now: msg`nothing`, beyond: msg`nothing` };
  const shown = ({ files, bytes }: typeof now) => (files === 0 ? msg`nothing` : msg`${files} files, ${megabytes(bytes)}`);
  return { now: msg`${shown(now)} since ${moment(since)}`, beyond: shown(beyond) };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
