import type { Received } from "../platform/access/read.js";
import { roomNameIn } from "../platform/links/link.js";
import { Drift } from "../platform/wire/drift.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { type Capture, openCaptures } from "../sources/capture.js";
import type { RoomKey } from "../store/log.js";
import type { Alias } from "../store/rooms.js";
import type { RoomStore, Store } from "../store/store.js";
import { GiftCatalogue } from "./fill-in.js";
import { type Broadcast, Pipeline, type Redactor, type Stored } from "./pipeline.js";

/** Result of loading a file. */
export interface Loaded {
  readonly room: RoomKey;
  readonly capture: Capture;
  /** Drift of the whole file. */
  readonly drift: Drift;
  messages: number;
  events: number;
  /** Messages that gave no event, by reason. */
  readonly drops: Map<string, number>;
}

/** Options of loading a file. */
interface FileOptions {
  readonly store: RoomStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onBatch?: (loaded: Loaded) => Promise<void> | void;
  /** Whether the file is read through before anything of it is kept, so that one that is refused leaves nothing behind. */
  readonly readFirst?: boolean;
  /** Takes out people who were erased since the file was recorded; absent or null where there are none. */
  readonly erased?: () => Promise<Redactor | null>;
  /** Called for each event that the store refuses, which is left out. */
  readonly setAside?: () => void;
}

/**
 * Runs a file of captured bytes through the pipeline into a store. A second time adds nothing. A recording goes into the room it names; bytes
 * that name only a broadcast go into that broadcast's room if it is known, else into a room of their own, `import:<room_id>`; a single capture that
 * names none goes into `import:0`.
 * @returns one for each broadcast in the file; a HAR may hold several
 * @throws DyliveError bad_file
 */
export async function loadFile(path: string, options: FileOptions): Promise<readonly Loaded[]> {
  if (options.readFirst === true) await assertLoadable(path, options);
  const drift = new Drift();
  const loaded: Loaded[] = [];
  for (const capture of await openCaptures(path, options.clock, drift)) loaded.push(await load(capture, drift, options));
  return loaded;
}

/** @throws DyliveError bad_file what {@link loadFile} would refuse half-way */
async function assertLoadable(path: string, { store, clock, signal }: FileOptions): Promise<void> {
  for (const capture of await openCaptures(path, clock, new Drift())) {
    await decideRoom(capture, store);
    for await (const batch of capture.batches(signal)) assertTimes(capture, batch, clock.now());
  }
}

/** Most that a receipt may be ahead of now, in ms: a clock may be wrong by a time zone. What is later would be the newest forever. */
const DAY_MS = 86_400_000;

function assertTimes({ kind }: Capture, batch: readonly Received[], now: number): void {
  const wrong = batch.find(({ receivedAt }) => !(Number.isSafeInteger(receivedAt) && receivedAt <= now + DAY_MS));
  if (wrong !== undefined)
    throw new DyliveError(
      "bad_file",
      msg`the ${kind} says of a frame that it came at ${wrong.receivedAt} ms, which is no time, or yet to come`,
    );
}

async function load(
  capture: Capture,
  drift: Drift,
  { store, clock, signal, onBatch, erased, setAside = () => {} }: FileOptions,
): Promise<Loaded> {
  const room = await roomOf(capture, store);
  const parts = { ...store, gifts: new GiftCatalogue(store.gifts), room, clock, drift, setAside };
  const pipeline = await Pipeline.open({ ...parts, ...(erased !== undefined && { erased }) });
  const broadcast: Broadcast = { sessionId: capture.roomId, webRid: capture.webRid, anchorId: null, source: "import" };
  const loaded: Loaded = { room, capture, drift, messages: 0, events: 0, drops: new Map() };
  let opened = false;
  let heardUntil = 0;
  for await (const batch of capture.batches(signal)) {
    assertTimes(capture, batch, clock.now());
    if (!opened && capture.roomId !== null) await store.sessions.open(room, capture.roomId, batch[0]?.receivedAt ?? clock.now());
    opened = true;
    for (const { receivedAt } of batch) heardUntil = Math.max(heardUntil, receivedAt);
    const waited = batch.map((one) => ({ ...one, waited: true }));
    add(loaded, await pipeline.store(waited, broadcast));
    await onBatch?.(loaded);
  }
  // By the file alone, whose end is the end of its combos: by the time of day, a later import would have more to settle.
  loaded.events += await pipeline.settle(Math.min(heardUntil, clock.now()));
  await onBatch?.(loaded);
  return loaded;
}

/** Returns the room that a file goes into, made where it is not known. @throws DyliveError bad_file */
async function roomOf(capture: Capture, { rooms }: Pick<Store, "rooms">): Promise<RoomKey> {
  const decided = await decideRoom(capture, { rooms });
  return typeof decided === "number" ? decided : rooms.ensure(...decided);
}

/**
 * Decides which room a file goes into; the names of one that is to be made or to get a name more. A file may come from a stranger: it makes
 * rooms that are not known, and moves no name of one that is. Changes nothing.
 * @throws DyliveError bad_file
 */
async function decideRoom(
  { kind, webRid, roomId }: Capture,
  { rooms }: Pick<Store, "rooms">,
): Promise<RoomKey | Parameters<Store["rooms"]["ensure"]>> {
  if (roomId !== null && !/^\d{1,20}$/.test(roomId))
    throw new DyliveError("bad_file", msg`the ${kind} names a broadcast by something that is not a number`);
  if (webRid !== null) {
    const name = roomNameIn(webRid);
    if (name?.value !== webRid || (name.kind !== "web_rid" && name.kind !== "unique_id"))
      throw new DyliveError(
        "bad_file",
        msg`the ${kind} names a room by something that is neither a number of up to 16 digits nor a custom id`,
      );
    const names = named([{ kind: "web_rid", value: webRid }], roomId);
    const [room = null, other = null] = await Promise.all(names.map((name) => rooms.find(name)));
    if (room === null && other === null) return [names, { webRid }];
    if (room !== null && other !== null && room !== other)
      throw new DyliveError(
        "bad_file",
        msg`the ${kind} says room ${webRid} and broadcast ${roomId ?? ""}, which is another room's: room:${other}`,
      );
    if (room !== null) return [names];
    if (other !== null) return other;
  }
  // A single capture may be of messages that name no room; a recording or a HAR without one is damaged.
  if (roomId === null && (kind === "recording" || kind === "har"))
    throw new DyliveError("bad_file", msg`the ${kind} does not say which broadcast it is of`);
  const known = roomId === null ? null : await rooms.find({ kind: "room_id", value: roomId });
  return known ?? [[{ kind: "import", value: roomId ?? "0" }]];
}

function named(first: [Alias], roomId: string | null): [Alias, ...Alias[]] {
  return roomId === null ? first : [...first, { kind: "room_id", value: roomId }];
}

/** What came of a broadcast's file, in numbers. */
export interface LoadedCounts {
  /** The room's id here. */
  readonly room: string;
  readonly kind: string;
  readonly messages: number;
  readonly events: number;
  /** Messages that gave no event, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  /** Damaged records that were passed over, and bytes at the end that could not be read. */
  readonly skipped: number;
  readonly lostBytes: number;
}

/** Returns what came of a broadcast's file. */
export function countsOf({ room, capture, messages, events, drops }: Loaded): LoadedCounts {
  const { skipped, lostBytes } = capture.report;
  return { room: String(room), kind: capture.kind, messages, events, drops: Object.fromEntries(drops), skipped, lostBytes };
}

function add(loaded: Loaded, { events, messages, drops }: Stored): void {
  loaded.messages += messages;
  loaded.events += events.length;
  for (const [reason, n] of drops) loaded.drops.set(reason, (loaded.drops.get(reason) ?? 0) + n);
}
