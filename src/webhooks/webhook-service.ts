import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { readFilter } from "../feed/read-queue.js";
import type { AllowedHosts } from "../runtime/allowed-hosts.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError, FieldError, RateLimited } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { RoomKey } from "../store/log.js";
import type { HookBatchHead, HookPlaces, HookRow, HookSettings, HookTry } from "../store/sql/hooks.js";
import type { Store } from "../store/store.js";
import { testText, USUAL_ALARMS } from "./alarm-text.js";
import { checkChannel, kindOf, pauseOf } from "./channels.js";
import { sendMessage } from "./message.js";
import type { AddressPace } from "./pace.js";
import { hookSelection } from "./selection.js";
import { newSecret, rotated, type Send } from "./send.js";

/**
 * Most hooks of a store, each of which may hold 4 requests and their bodies at a time; rooms and types that one hook may list, one without a
 * list has all; characters of an address; and events that a batch may be asked to hold.
 */
export const HOOK_LIMITS = { hooks: 100, rooms: 200, types: 50, urlChars: 2_000, batchEvents: 500 } as const;

interface WebhookServiceDeps {
  readonly store: Omit<Store, "close">;
  readonly clock: Clock;
  readonly send: Send;
  readonly pace: AddressPace;
  readonly allowed: AllowedHosts;
  /** Called when a hook was changed. */
  readonly onChange?: () => void;
  /** Returns how far a hook is where this process delivers it; the store's word by default. */
  readonly placesOf?: (hook: HookRow) => HookPlaces | null;
}

/** States of a hook, in a word: failing is one whose last try did not arrive and that is tried again. */
export const HOOK_STATES = ["active", "failing", "paused"] as const;
export type HookState = (typeof HOOK_STATES)[number];

/** Returns the state of a hook. */
export function hookState({ paused, failing }: Pick<HookRow, "paused" | "failing">): HookState {
  return paused !== null ? "paused" : failing !== null ? "failing" : "active";
}

/** State of a hook in a room that goes by itself. */
interface HookRoom {
  readonly room: RoomKey;
  /** Last seq that is delivered or was left out, with everything before it. */
  readonly seq: number;
  readonly head: number;
  /** Events of the log behind that position; a filter may leave some of them out. */
  readonly backlog: number;
  /** Batch that is tried and not yet delivered. */
  readonly waiting: HookBatchHead | null;
}

/** A hook as people manage it: what is stored of it, and the rooms that go by themselves and have something to deliver, the furthest behind first. */
export interface HookView {
  readonly row: HookRow;
  /** Events of the log that it has not come to, of whichever rooms: those after its position, and what these rooms have before it. */
  readonly backlog: number;
  readonly rooms: readonly HookRoom[];
}

/** Settings of a new hook; what is left out is as by default. */
type NewHook = Pick<HookSettings, "url"> & Partial<HookSettings>;

/**
 * Makes, changes and shows hooks. The same for the API and for the command line, which may be another process than the one that delivers.
 */
export class WebhookService {
  readonly #deps: WebhookServiceDeps;

  constructor(deps: WebhookServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Makes a hook: it is sent what comes from now on. Its secret is in `row.secret`.
   * @throws DyliveError bad_request; too_many_subscriptions
   */
  async add({ url, name = hostOf(url), filter = null, rooms = [], ...rest }: NewHook): Promise<HookRow> {
    const { store, clock, allowed } = this.#deps;
    const { allowPrivate = false, channel = null } = rest;
    const { types = channel === null ? [] : USUAL_ALARMS } = rest;
    const { maxEvents = channel === null ? HOOK_LIMITS.batchEvents : 50 } = rest;
    const settings: HookSettings = { url, name, types, filter, rooms, maxEvents, allowPrivate, channel };
    checkSettings(settings, allowed);
    if ((await store.hooks.list()).length >= HOOK_LIMITS.hooks)
      throw new DyliveError(
        "too_many_subscriptions",
        msg`there are ${HOOK_LIMITS.hooks} hooks, which is the most allowed; remove one first`,
      );
    const row: HookRow = {
      ...settings,
      id: randomBytes(6).toString("hex"),
      secret: newSecret(),
      old: null,
      createdAt: clock.now(),
      revision: 0,
      replays: 0,
      paused: null,
      failing: null,
      last: null,
      deliveredAt: null,
    };
    await store.hooks.add(row, await store.log.head());
    this.#deps.onChange?.();
    return row;
  }

  /**
   * Changes settings. What was fixed before is sent as it was; in newly added rooms it is sent what comes from now on, and what was not yet
   * delivered of rooms that go is dropped.
   * @throws DyliveError not_found, bad_request
   */
  async change(id: string, change: Partial<HookSettings>): Promise<HookRow> {
    const { store, allowed } = this.#deps;
    const row = await this.get(id);
    const settings = { ...row, ...change };
    // Else the address, with which anyone can send there, would be shown as that of a program is.
    if (row.channel !== null && settings.channel === null && (change.url === undefined || change.url === row.url))
      throw new FieldError("url", "say to which program it is sent from now on: the address of a channel is not shown");
    // Else a new address would be sent the token of the old one's service.
    if (settings.url !== row.url && change.channel === undefined && row.channel !== null && row.channel.secret !== null)
      throw new FieldError("channel.secret", "say it again with the new address: it was given for the one before");
    checkSettings(settings, allowed);
    const [before, after] = [hookSelection(row), hookSelection(settings)];
    const places = new Map<RoomKey, number | null>();
    if (before.rooms !== null)
      for (const [room, { head }] of await store.log.heads(after.rooms === null ? undefined : [...after.rooms]))
        if (!before.covers(room)) places.set(room, head);
    for (const room of (await store.hooks.progress(id)).rooms.keys()) if (!after.covers(room)) places.set(room, null);
    return this.#changed(id, change, places);
  }

  /** Makes a new secret; the one before signs beside it for a day. @throws DyliveError not_found; bad_request for one with a channel */
  async rotate(id: string): Promise<HookRow> {
    const row = await this.get(id);
    if (row.channel !== null)
      throw new DyliveError("bad_request", msg`hook ${id} is not signed by dylive: ${row.channel.kind} has its own secret`);
    return this.#changed(id, rotated(row, this.#deps.clock.now()));
  }

  /** Sends nothing until the hook is resumed; its positions stay. @throws DyliveError not_found */
  async pause(id: string): Promise<HookRow> {
    const row = await this.get(id);
    return row.paused !== null ? row : this.#changed(id, { paused: { at: this.#deps.clock.now(), reason: "asked" } });
  }

  /** Goes on where the hook was. One that is not paused tries again at once. @throws DyliveError not_found */
  resume(id: string): Promise<HookRow> {
    return this.#changed(id, { paused: null, failing: null });
  }

  /**
   * Sends the events of a room again from a seq on, or passes over those before it.
   * @throws DyliveError not_found; bad_request for a room that it does not cover, or a seq that the room has not reached
   */
  async replay(id: string, room: RoomKey, seq: number): Promise<HookRow> {
    const { log, rooms } = this.#deps.store;
    const row = await this.get(id);
    if (!hookSelection(row).covers(room) || (await rooms.get(room)) === null)
      throw new FieldError("room", msg`the hook is not sent events of room ${room}`);
    const head = (await log.heads([room])).get(room)?.head ?? 0;
    if (!(Number.isInteger(seq) && seq >= 1 && seq <= head + 1))
      throw new FieldError("seq", msg`a whole number from 1 to ${head + 1}, the one after the newest event of room ${room}`);
    return this.#changed(id, {}, new Map([[room, seq - 1]]), true);
  }

  /** Removes a hook and everything that is kept of it. @throws DyliveError not_found */
  async remove(id: string): Promise<void> {
    if (!(await this.#deps.store.hooks.remove(id))) throw unknownHook(id);
    this.#deps.onChange?.();
  }

  /**
   * Sends an empty message to see whether it arrives; it changes nothing.
   * @throws DyliveError not_found; rate_limited while the address takes no other message
   */
  async test(id: string, signal: AbortSignal): Promise<HookTry> {
    const { store, clock, send, pace } = this.#deps;
    const hook = await this.get(id);
    const { url, channel } = hook;
    const waitMs = await this.#testedIn(id, url, channel);
    if (waitMs > 0) throw new RateLimited((seconds) => msg`the hook's address takes the next test in ${seconds} s`, waitMs);
    const at = clock.now();
    const message = `${id}_test_${at}`;
    const body = JSON.stringify({ hook: id, log: store.log.id, room: 0, from: 0, to: 0, test: true, events: [] });
    const text = channel === null ? null : testText(channel.language);
    const { putOffMs, ...answered } = await sendMessage(send, hook, { id: message, body, text }, at, signal);
    if (putOffMs !== null) pace.putOff(url, putOffMs);
    const none = { room: 0, from: 0, to: 0, events: 0, attempt: 0 };
    const outcome = { id: message, at, ms: clock.now() - at, ...none, bytes: Buffer.byteLength(body), ...answered };
    await store.hooks.tried(hook, outcome);
    return outcome;
  }

  /** Takes the turn of a test. @returns 0, or the ms until there is one */
  async #testedIn(id: string, url: string, channel: HookRow["channel"]): Promise<number> {
    const { store, clock, pace } = this.#deps;
    if (channel === null) return pace.take(url, 1_000);
    const pauseMs = pauseOf(channel);
    // Another process may have sent the last one.
    const [last] = await store.hooks.tries(id, 1);
    const sinceMs = last === undefined ? pauseMs : clock.now() - last.at;
    return sinceMs >= 0 && sinceMs < pauseMs ? pauseMs - sinceMs : pace.take(url, pauseMs);
  }

  /** @throws DyliveError not_found */
  async get(id: string): Promise<HookRow> {
    const row = await this.#deps.store.hooks.get(id);
    if (row === null) throw unknownHook(id);
    return row;
  }

  /** Returns every hook, oldest first. */
  async list(): Promise<readonly HookView[]> {
    return Promise.all((await this.#deps.store.hooks.list()).map((row) => this.#view(row)));
  }

  /** @throws DyliveError not_found */
  async view(id: string): Promise<HookView> {
    return this.#view(await this.get(id));
  }

  /** Returns the last tries, newest first. @throws DyliveError not_found */
  async tries(id: string, limit: number): Promise<readonly HookTry[]> {
    await this.get(id);
    return this.#deps.store.hooks.tries(id, limit);
  }

  async #changed(
    id: string,
    ...change: [Parameters<Store["hooks"]["change"]>[1], ReadonlyMap<RoomKey, number | null>?, boolean?]
  ): Promise<HookRow> {
    const row = await this.#deps.store.hooks.change(id, ...change);
    if (row === null) throw unknownHook(id);
    this.#deps.onChange?.();
    return row;
  }

  async #view(row: HookRow): Promise<HookView> {
    const { store, placesOf } = this.#deps;
    const stored = await store.hooks.progress(row.id);
    const { pos, rooms: places } = placesOf?.(row) ?? stored;
    const heads = await store.log.heads([...places.keys()]);
    const end = await store.log.head();
    let backlog = Math.max(0, end - pos);
    const rooms: HookRoom[] = [];
    for (const [room, seq] of places) {
      const { head = 0 } = heads.get(room) ?? {};
      const waiting = stored.fixed.find((batch) => batch.room === room) ?? null;
      backlog += (pos < end ? await store.log.seqAt(room, pos) : head) - seq;
      if (head > seq || waiting !== null) rooms.push({ room, seq, head, backlog: Math.max(0, head - seq), waiting });
    }
    rooms.sort((a, b) => b.backlog - a.backlog || a.room - b.room);
    return { row, backlog: Math.max(0, backlog), rooms };
  }
}

function hostOf(url: string): string {
  const { host = "", pathname = "" } = URL.canParse(url) ? new URL(url) : {};
  return (host || pathname).slice(0, 64) || "hook"; // what is no address is refused as that
}

/** Makes the error for a hook that does not exist, or that the caller may not know of. */
export function unknownHook(id: string): DyliveError {
  return new DyliveError("not_found", msg`there is no hook ${JSON.stringify(id.slice(0, 40))}`);
}

/**
 * Refuses settings that a hook cannot have. Where a name leads is judged when it is connected to.
 * @throws DyliveError bad_request that names the field
 */
function checkSettings(settings: HookSettings, allowed: AllowedHosts): void {
  const { name, url, types, rooms, maxEvents } = settings;
  if (!/^[^\p{C}]{1,64}$/u.test(name)) throw new FieldError("name", "1 to 64 printable characters");
  if (types.length > HOOK_LIMITS.types) throw new FieldError("types", msg`${HOOK_LIMITS.types} are allowed`);
  if (rooms.length > HOOK_LIMITS.rooms)
    throw new FieldError("rooms", msg`${HOOK_LIMITS.rooms} are allowed; without any the hook has all rooms`);
  if (!(Number.isInteger(maxEvents) && maxEvents >= 1 && maxEvents <= HOOK_LIMITS.batchEvents))
    throw new FieldError("maxEvents", msg`a whole number from 1 to ${HOOK_LIMITS.batchEvents}`);
  hookSelection(settings);
  if (settings.channel !== null) checkChannel(settings.channel, url);
  else if (kindOf(url) !== null)
    throw new FieldError(
      "url",
      msg`${kindOf(url) ?? ""} takes texts, not events: give the hook a channel (dylive notify add, "channel": {})`,
    );
  if (settings.filter !== null) readFilter(settings.filter);
  if (settings.channel?.kind === "email") checkRecipients(url);
  else assertAddress(url, settings.allowPrivate ? null : allowed);
}

function checkRecipients(text: string): void {
  if (text.length > HOOK_LIMITS.urlChars || !/^mailto:[^\s@,?<>"]+@[^\s@,?<>"]+(?:,[^\s@,?<>"]+@[^\s@,?<>"]+){0,9}$/.test(text))
    throw new FieldError("url", "mailto: and up to 10 e-mail addresses with commas between, such as mailto:me@example.com");
}

/**
 * Refuses what is no address for a program's hook.
 * @param allowed private hosts that it may lead to; null allows all
 * @throws DyliveError bad_request that names the field
 */
export function assertAddress(text: string, allowed: AllowedHosts | null): void {
  const url = text.length <= HOOK_LIMITS.urlChars && URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw new FieldError("url", msg`an address that begins with https:// or http://, of at most ${HOOK_LIMITS.urlChars} characters`);
  if (url.username !== "" || url.password !== "")
    throw new FieldError("url", "it may hold no user and password; the signature says who sends");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const named = /^(?:.+\.)?localhost\.?$/.test(host) && !allowed?.hasName(host) && !allowed?.has("127.0.0.1");
  if (allowed !== null && (named || (isIP(host) !== 0 && !allowed.has(host))))
    throw new FieldError(
      "url",
      msg`${host} is a private address; an admin can allow it (allowPrivate, --allow-private), or DYLIVE_HOOK_ALLOW_PRIVATE can list it`,
    );
}
