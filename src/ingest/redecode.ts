import { isDeepStrictEqual } from "node:util";
import { type Claim, type Draft, type GiftEvent, twinKey } from "../events/combo.js";
import { type LiveEvent, type NewEvent, SOURCES } from "../events/event.js";
import { tells } from "../events/people.js";
import { isHistory, type Received } from "../platform/access/read.js";
import { normalise } from "../platform/messages/normalise.js";
import type { Drift } from "../platform/wire/drift.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import { type RawFile, rawFiles, whereNow } from "../sources/raw/files.js";
import { newReport, recordingSource } from "../sources/recording.js";
import type { RoomKey, StoreLog } from "../store/log.js";
import type { RoomStore, Store } from "../store/store.js";
import { filledAsBefore, GiftCatalogue, lacksSomething } from "./fill-in.js";
import { type Broadcast, type IncomingFrame, Pipeline, type Redactor } from "./pipeline.js";

const PAGE = 500;

/**
 * Counts the units of all gifts of a broadcast again, from the log alone and in its order: the new units of an event are those by which its total
 * is above the largest before it in its combo. What settles a combo says of the gift what the message before it says.
 * @param claims totals that messages claim, where they were decoded again; for the others what is stored counts
 * @param onPage called after each page of gifts; it goes on when that resolves
 * @returns how many events were replaced
 */
async function regift(
  log: Pick<StoreLog, "readRoom" | "replace" | "heads">,
  room: RoomKey,
  sessionId: string,
  claims: ReadonlyMap<string, Claim>,
  signal: AbortSignal,
  onPage: () => void | Promise<void> = () => {},
): Promise<number> {
  const { oldest = 1 } = (await log.heads([room])).get(room) ?? {};
  const highs = new Map<string, number>();
  /** Gift and price of each combo, by the last message of it. */
  const last = new Map<string, Pick<GiftEvent, "gift" | "unitDiamonds">>();
  let replaced = 0;
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const page = await log.readRoom(room, after, PAGE, { types: ["gift"], sessionId });
    const changed: LiveEvent[] = [];
    for (const event of page.events) {
      if (event.type !== "gift") continue;
      // Where the beginning of the log was removed, what a combo had before stands in the first event that is left of it.
      const before = highs.get(event.comboId) ?? (oldest > 1 ? event.comboTotal - event.delta : 0);
      // An event that only settles claims nothing of its own.
      const isSettling = event.id.startsWith("settle:");
      const { gift, unitDiamonds } = (isSettling ? last.get(event.comboId) : null) ?? event;
      last.set(event.comboId, { gift, unitDiamonds });
      const total = isSettling ? 0 : (claims.get(event.id)?.total ?? event.comboTotal);
      const high = Math.max(before, total);
      highs.set(event.comboId, high);
      const delta = high - before;
      const isPriced = unitDiamonds === event.unitDiamonds && isDeepStrictEqual(gift, event.gift);
      if (delta === event.delta && high === event.comboTotal && isPriced) continue;
      const diamonds = unitDiamonds === null ? null : delta * unitDiamonds;
      changed.push({ ...event, gift, unitDiamonds, delta, comboTotal: high, diamonds });
    }
    await log.replace(room, changed); // what another process replaced meanwhile is counted, too: the next round reads it again
    replaced += changed.length;
    after = page.scanned;
    await onPage();
    if (after >= page.head) return replaced;
  }
}

/** Pattern of the pseudonym that stands for people who were taken out of an event (`erasure/identity.ts`). */
const PSEUDONYM = /\bp[0-9a-f]{16}\b/;

/** Tells whether a stored event stays as it is, since people were taken out of it. */
function isErased(stored: LiveEvent): boolean {
  return stored.type === "erased" || PSEUDONYM.test(JSON.stringify(stored));
}

/**
 * Returns a message without the people who were erased since it came; null where the event stays as it is. The platform's sentences stay as they
 * are stored: those with names were taken out.
 */
function leftOf(stored: LiveEvent, draft: Draft, without: Redactor): Draft | null {
  const left = without(draft);
  if (left === null || stored.type !== draft.event.type) return left;
  const event = Object.fromEntries(
    Object.entries(left.event).map(([field, value]) => {
      const isSentence = tells(stored.type, field) === "sentence";
      return [field, isSentence && value !== draft.event[field as keyof NewEvent] ? stored[field as keyof LiveEvent] : value];
    }),
  );
  return { ...left, event } as Draft; // of the same type
}

/**
 * Returns a stored event as it is decoded now: it keeps where, when and how it came. The units of a gift stay as they were: they are
 * reckoned later, from all gifts of its combo.
 */
function decodedAnew(stored: LiveEvent, draft: Draft): LiveEvent {
  const { seq, room, webRid, sessionId, receivedAt, source, revision } = stored;
  // A recording may hold the copy that came later: when a message came first is known.
  const isByArrival = draft.event.timeEstimated === true && draft.event.time === draft.event.receivedAt && stored.timeEstimated === true;
  const kept = { seq, room, webRid, sessionId, receivedAt, source, revision, ...(isByArrival && { time: stored.time }) };
  if (draft.claim !== null) return { ...giftAnew(stored, draft), ...kept };
  // Ranks with a person who was erased were taken out of it.
  if (draft.event.type === "stats" && stored.type === "stats" && revision > 0 && stored.ranks === undefined) {
    const { ranks: _, ...event } = draft.event;
    return { ...event, ...kept };
  }
  return { ...draft.event, ...kept };
}

function giftAnew(stored: LiveEvent, { event, claim }: Extract<Draft, { event: GiftEvent }>): GiftEvent {
  const { unitDiamonds } = event;
  const priced = (delta: number) => ({ delta, diamonds: unitDiamonds === null ? null : delta * unitDiamonds });
  // It was something else so far: what it claims is all its own until it is reckoned.
  if (stored.type !== "gift") return { ...event, ...priced(claim.total), comboTotal: claim.total, settled: claim.end || claim.single };
  const { delta, comboTotal, settled } = stored;
  const comboId = joins(stored, event) ? stored.comboId : event.comboId;
  return { ...event, ...priced(delta), comboTotal, settled, comboId };
}

/** Tells whether a gift is counted under another form of the same action (a light or a binding gift), whose name is not its own. */
function joins(stored: GiftEvent, event: GiftEvent): boolean {
  if (stored.comboId === event.comboId || twinKey(stored.comboId) !== twinKey(event.comboId)) return false;
  const group = stored.comboId.split(".").at(-2) ?? "";
  return event.kind !== "gift" || !group.startsWith("g");
}

/** Dependencies of {@link redecode}. */
interface RedecodeDeps {
  readonly store: Omit<RoomStore, "close" | "log"> & Pick<Store, "log">;
  readonly room: RoomKey;
  /** Files of this room, oldest first. */
  readonly files: readonly RawFile[];
  readonly clock: Clock;
  readonly drift: Drift;
  readonly signal: AbortSignal;
  /** Takes out people who were erased since the files were recorded; null where there are none. */
  readonly erased: () => Promise<Redactor | null>;
  /** Makes events of messages; our own by default. */
  readonly decode?: typeof normalise;
  readonly setAside: (event: unknown, error: unknown) => void;
  /** Called with how many messages were read: all of them are read twice. It goes on when that resolves. */
  readonly onProgress?: (messages: number) => void | Promise<void>;
}

/** Result of decoding raw recordings again. */
interface Redecoded {
  /** room_ids of the broadcasts in the files. */
  readonly sessions: readonly string[];
  /** Messages in the files. */
  messages: number;
  /** Events that say something else now. */
  replaced: number;
  /** Gifts whose units were counted again. */
  regifted: number;
  /** Events of messages that gave none before. */
  appended: number;
  /** Events that people were taken out of: they stay as they are. */
  erased: number;
  /** Bytes of the files that could not be read. */
  lostBytes: number;
}

/** Time within which a server stores what it received, in ms, or says that it does not keep up (`backlog.ts`). */
const IN_FLIGHT_MS = 5000;
/** Rounds until the units of gifts stand still, though a server stores more meanwhile. */
const ROUNDS = 5;

/**
 * Decodes raw recordings again. What is stored keeps its seq and id; its body is replaced where it differs. The units of gifts are counted again
 * for the broadcasts in the files. Messages that gave no event before are appended at the head with their old time. Nothing is removed. It can
 * be broken off anywhere, and begun again; a second time changes nothing.
 * @throws DyliveError bad_file
 */
export async function redecode(given: RedecodeDeps): Promise<Redecoded> {
  const deps = { ...given, begunAt: given.clock.now() };
  const { store, files, clock, signal } = deps;
  const sessions = [...new Set(files.map(({ sessionId }) => sessionId))];
  const done: Redecoded = { sessions, messages: 0, replaced: 0, regifted: 0, appended: 0, erased: 0, lostBytes: 0 };
  // A server that writes to these files has frames in them that it is about to store, by what it knows now: they are no news of ours, and read anew with the others.
  if (files.some(({ open }) => open)) await clock.sleep(IN_FLIGHT_MS, signal);
  const lacking = new Map<string, ReadonlySet<string>>();
  for (const sessionId of sessions) lacking.set(sessionId, await readAnew(deps, sessionId, done));
  const known = () => store.gifts.known([...new Set([...lacking.values()].flatMap((ids) => [...ids]))]);
  const before = await known();
  await appendMissing(deps, done);
  // What its messages have taught the catalogue fills in what came before them.
  const after = await known();
  const isTaught = (id: string) => !isDeepStrictEqual(before.get(id), after.get(id));
  for (const [sessionId, ids] of lacking) if ([...ids].some(isTaught)) await readAnew(deps, sessionId, done, false);
  return done;
}

/**
 * Reads one broadcast anew, with the units of its gifts.
 * @param isFirst whether its messages are counted
 * @returns ids of gifts of which something is not known
 */
async function readAnew(deps: Begun, sessionId: string, done: Redecoded, isFirst = true): Promise<ReadonlySet<string>> {
  const { store, room, signal, onProgress } = deps;
  const claims = new Map<string, Claim>();
  const { messages, replaced, erased, lostBytes } = done;
  const lacking = await replaceAll(deps, sessionId, claims, done);
  let isChanged = done.replaced > replaced;
  if (!isFirst) Object.assign(done, { messages, erased, lostBytes });
  for (let round = 0; round < ROUNDS; round++) {
    const changed = await regift(store.log, room, sessionId, claims, signal, () => onProgress?.(done.messages));
    done.regifted += changed;
    // From now on a server that collects the room reads the sums of its combos again.
    if (isChanged || changed > 0) await store.rooms.claim(room);
    isChanged = false;
    if (changed === 0) break;
  }
  return lacking;
}

/** Dependencies with `begunAt` (ms UTC): of files that are written to, what came later is left to the room's collector. */
interface Begun extends RedecodeDeps {
  readonly begunAt: number;
}

/**
 * Replaces what is stored of one broadcast and reads otherwise now. Notes what its gifts claim.
 * @returns ids of gifts of which something is not known
 */
async function replaceAll(deps: Begun, sessionId: string, claims: Map<string, Claim>, done: Redecoded): Promise<ReadonlySet<string>> {
  const { store, room, decode = normalise, drift, erased } = deps;
  const anchorId = (await store.rooms.get(room))?.anchor?.id ?? null;
  const gifts = new GiftCatalogue(store.gifts);
  /** The first of several messages with one id is the one that was stored. */
  const seen = new Set<string>();
  const lacking = new Set<string>();
  for await (const { batch, broadcast } of batchesOf(deps, done, sessionId)) {
    const drafts: Draft[] = [];
    for (const one of batch)
      for (const message of one.response?.messages ?? []) {
        done.messages++;
        const context = { room, ...broadcast, anchorId, receivedAt: one.receivedAt, history: isHistory(one), drift };
        const draft = decode(message, context);
        if (draft === null || seen.has(draft.event.id)) continue;
        seen.add(draft.event.id);
        drafts.push(draft);
      }
    for (let left: readonly Draft[] = drafts; left.length > 0; ) {
      const stored = await store.log.byId(
        room,
        left.map(({ event }) => event.id),
      );
      const filled = left.flatMap((draft) => {
        const before = stored.get(draft.event.id);
        return before === undefined
          ? []
          : [{ before, made: draft, draft: { ...draft, event: filledAsBefore(draft.event, before) } as Draft }];
      });
      // What was not known when it was stored may be by now.
      await gifts.fill(filled.map(({ draft }) => draft.event));
      for (const { draft } of filled) if (lacksSomething(draft.event)) lacking.add(draft.event.gift.id);
      const without = await erased();
      const changed: LiveEvent[] = [];
      for (const { before, draft: anew } of filled) {
        if (isErased(before)) {
          done.erased++;
          continue;
        }
        const draft = without === null ? anew : leftOf(before, anew, without);
        if (draft === null) continue;
        const after = decodedAnew(before, draft);
        if (draft.claim !== null) claims.set(before.id, draft.claim);
        if (!isDeepStrictEqual(before, after)) changed.push(after);
      }
      const moved = new Set(await store.log.replace(room, changed));
      done.replaced += changed.length - moved.size;
      // People were taken out of them meanwhile, or another process decodes the same.
      left = filled.flatMap(({ before, made }) => (moved.has(before.seq) ? [made] : []));
    }
    await deps.onProgress?.(done.messages);
  }
  return lacking;
}

/** Messages that are judged together: each time that some of them are new the room is taken from a server that collects it. */
const JUDGED_TOGETHER = 2000;
/** Time that such a server is left to take the room back and to store what has come meanwhile, in ms. */
const TURN_MS = 200;

/** Runs all messages through the room's pipeline once more: it stores those that gave no event before. */
async function appendMissing(deps: Begun, done: Redecoded): Promise<void> {
  const { store, room, clock, drift, decode, erased, signal, setAside, onProgress = () => {} } = deps;
  const gifts = new GiftCatalogue(store.gifts);
  const parts = { ...store, gifts, room, clock, drift, erased, setAside };
  const pipeline = await Pipeline.open({ ...parts, ...(decode !== undefined && { decode }) });
  let messages = done.messages;
  let waiting: IncomingFrame[] = [];
  let of: Broadcast | null = null;
  let size = 0;
  const judge = async () => {
    if (of === null) return;
    const stored = await pipeline.store(waiting, of);
    [waiting, size] = [[], 0];
    done.appended += stored.events.length;
    messages += stored.messages;
    await onProgress(messages);
    if (stored.events.length > 0) await clock.sleep(TURN_MS, signal);
  };
  for await (const { batch, broadcast } of batchesOf(deps, null)) {
    if (size >= JUDGED_TOGETHER || !isDeepStrictEqual(of, broadcast)) await judge();
    of = broadcast;
    for (const one of batch) waiting.push({ ...one, waited: true });
    for (const { response } of batch) size += response?.messages.length ?? 0;
  }
  await judge();
  if (done.appended > 0) done.appended += await pipeline.settle();
  await gifts.learn();
}

/** Yields what the files hold, with the broadcast it is of. @param done counts what cannot be read; null when that is counted */
async function* batchesOf(
  { store, room, files, clock, drift, signal, begunAt }: Begun,
  done: Redecoded | null,
  only?: string,
): AsyncGenerator<{ readonly batch: readonly Received[]; readonly broadcast: Broadcast }> {
  const anchorId = (await store.rooms.get(room))?.anchor?.id ?? null;
  for (const file of files) {
    const { sessionId } = file;
    const path = whereNow(file);
    if (path === null || (only !== undefined && sessionId !== only)) continue;
    const report = newReport();
    for await (const batch of recordingSource({ path, speed: 0, clock, drift, report }).open(signal)) {
      signal.throwIfAborted();
      const until = file.open ? batch.filter(({ receivedAt }) => receivedAt <= begunAt) : batch;
      if (until.length === 0) continue;
      const { webRid = "", source: from = "" } = report.meta ?? {};
      const source = SOURCES.find((one) => one === from) ?? "recording";
      yield {
        batch: until,
        broadcast: { sessionId: sessionId === "" ? null : sessionId, webRid: webRid === "" ? null : webRid, anchorId, source },
      };
    }
    signal.throwIfAborted();
    if (done !== null) done.lostBytes += report.lostBytes;
  }
}

/**
 * Returns the raw recordings of a room, or of one broadcast of it.
 * @param folder of all raw recordings
 * @throws DyliveError not_found when nothing was recorded
 */
export async function recordingsOf(folder: string, room: RoomKey, sessionId: string | null): Promise<readonly RawFile[]> {
  const files = await rawFiles(folder, room);
  const wanted = sessionId === null ? files : files.filter((file) => file.sessionId === sessionId);
  if (wanted.length > 0) return wanted;
  const why = files.length > 0 ? "that broadcast was not recorded" : "its frames were not kept: dylive room set ROOM --record on";
  throw new DyliveError("not_found", msg`there is nothing to decode again: ${why}`);
}
