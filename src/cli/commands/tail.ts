import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fstatSync } from "node:fs";
import type { Command, Option } from "commander";
import WebSocket from "ws";
import { type Config, languageOf, loadConfig } from "../../app/config.js";
import { type Backoff, backoffMs, type Clock, systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import { errorOf, type LocalApi, type ShownError, textOf, withApi } from "../api.js";
import { isTorn, syncOut, writeOut } from "../stdout.js";
import { stopSignal } from "../stop.js";
import { say } from "../terminal.js";
import { names, whole } from "../values.js";
import { noServer, serverAt } from "./mcp.js";

/** Bytes that a pipe holds which nobody has read yet: 64 KiB on Linux (`man 7 pipe`), no more elsewhere; a socket's buffer holds more. */
const PIPE_BYTES = 65_536;
const SOCKET_BYTES = 262_144;
/** Pause between two moves of the kept position, and the most rooms of one: a connection may send 20 commands a second. */
const KEEP_MS = 1_000;
const KEPT_AT_ONCE = 10;
/** Most rooms whose positions are moved at the end (of 100 commands at once), and the longest wait for that, in ms. */
const KEPT_AT_END = 50;
const END_MS = 2_000;
/** Pause between two looks for new rooms, in ms, and the most rooms of a connection. */
const LOOK_MS = 30_000;
const ROOMS_MAX = 200;
/** A server pings every 15 s: one that is not heard for three of these is gone. */
const SILENCE_MS = 15_000;
const SILENT_MAX = 3;
const RETRY: Backoff = { firstMs: 500, longestMs: 10_000 };

/** Options of `dylive tail` that the server is asked with. */
interface LinesAsked {
  readonly types?: readonly string[];
  readonly filter?: string;
  readonly user?: string;
  readonly minDiamonds?: number;
  readonly after?: string;
  /** Name of the position that the server keeps; without one nothing is kept. */
  readonly name?: string;
}

interface TailOptions extends LinesAsked, Partial<Pick<Config, "data" | "token">> {
  readonly server?: string;
  readonly behind?: number;
}

/** Target of the lines. */
interface Output {
  /** Resolves when it was taken. @throws an error of code EPIPE when nobody reads any more */
  write(text: string): Promise<void>;
  /** Bytes that may have been taken and not read: what lies so far back has been. */
  readonly unreadMax: number;
  /** Makes durable what was taken; absent where nothing can be. */
  readonly sync?: () => Promise<void>;
}

/** Dependencies of {@link EventLines}. */
interface EventLinesDeps {
  /** Address of the server; of one that is asked over its local socket only in words. */
  readonly base: string;
  /** Token for it. */
  readonly secret?: string;
  /** API that is asked over a local socket, without a token. */
  readonly local?: LocalApi;
  /** None stands for all that the token may see, those that come later too. */
  readonly rooms: readonly string[];
  readonly asked: LinesAsked;
  readonly output: Output;
  readonly clock: Clock;
  /** Ends it. */
  readonly stop: AbortSignal;
}

type Message = Readonly<Record<string, unknown>>;
interface Event {
  readonly room: number;
  readonly seq: number;
}
/** Room of the server's answer to a subscription. */
interface Subscribed {
  readonly room: number;
  readonly asked: string;
  readonly after: number;
  /** Broadcast that is followed alone. */
  readonly sessionId?: string;
}

/** Adds `dylive tail`. @param data makes the option that names the data folder */
export function addTailCommand(program: Command, data: () => Option): void {
  program
    .command("tail")
    .description("events of rooms as JSON lines for a pipe, going on where it was")
    .argument("[rooms...]", "their numbers, ids or other names; all rooms without any")
    .option("--name <position>", "name of the position that is kept; without it nothing is")
    .option("--after <place>", "begin there where the name has no position yet: 0 is the oldest kept, else a cursor or seq (now)")
    .option("--behind <bytes>", "keep the position so far behind what was written (one pipe; 0 for a file)", whole)
    .option("--types <types>", "event types with commas between; * is all", names)
    .option("--filter <expression>", "only events for which it holds (docs/filters.md)")
    .option("--user <id>", "only events of the person with this uid")
    .option("--min-diamonds <n>", "only gifts worth at least so many diamonds", whole)
    .option("--server <url>", "a running server to ask, in place of the data folder")
    .option("--token <token>", "what may be read and done (DYLIVE_TOKEN, which keeps it off the command line)")
    .addOption(data())
    .action(async (rooms: string[], { server, data: folder, token, behind, ...asked }: TailOptions) => {
      const config = loadConfig({ ...(folder !== undefined && { data: folder }), ...(token !== undefined && { token }) });
      const stop = stopSignal();
      const output = stdoutOf(behind);
      const follow = (at: Pick<EventLinesDeps, "base" | "secret" | "local">) =>
        new EventLines({ ...at, rooms, asked, output, clock: systemClock, stop }).run();
      const secret = config.token === null ? {} : { secret: config.token };
      if (server !== undefined) await follow({ base: serverAt(server, config.token), ...secret });
      else await withApi(config, (local) => follow({ base: "http://localhost", local, ...secret }));
      // A write that nobody takes would hold up the end.
      process.exit();
    });
}

/** Returns stdout. A reader that leaves is no error of ours, and is told to who writes. @param behind bytes that may be unread, if that is known */
function stdoutOf(behind?: number): Output {
  process.stdout.removeAllListeners("error").on("error", () => {});
  const stat = fstatSync(1);
  // A line that a fall of the machine cut short stays as it is: what follows is another one.
  let before = isTorn() ? "\n" : "";
  const write = async (text: string) => {
    await writeOut(`${before}${text}\n`);
    before = "";
  };
  const unreadMax = behind ?? (stat.isFIFO() ? PIPE_BYTES : stat.isSocket() ? SOCKET_BYTES : 0);
  return { write, unreadMax, ...(stat.isFile() && { sync: syncOut }) };
}

/**
 * Follows rooms of a server and writes their events as JSON lines, each at least once: whatever ends the connection, it goes on behind the
 * last line that was taken; and behind the last one that is known to have been read when it is begun anew with the same name.
 */
export class EventLines {
  readonly #deps: EventLinesDeps;
  /** Holds the position over all connections: who comes back does not take it from who has it since. */
  readonly #holder = randomBytes(9).toString("base64url");
  #log: string | null = null;
  /** By room: everything up to here was taken, or is not shown. */
  readonly #taken = new Map<number, number>();
  /** By room: everything up to here was read, as far as that can be known. */
  readonly #read = new Map<number, number>();
  /** By room: the position that the server keeps. */
  readonly #kept = new Map<number, number>();
  /** By room: the name that it was asked for by; none where all rooms are. */
  readonly #names = new Map<number, string>();
  /** By room of which one broadcast alone is followed: its room_id. */
  readonly #sessions = new Map<number, string>();
  /** Names of deleted rooms that the server was asked for again. */
  #asking = 0;
  /** Events that were taken and are not known to have been read, oldest first, with the bytes that were written up to their ends. */
  #unread: { readonly room: number; readonly seq: number; readonly end: number }[] = [];
  #bytes = 0;
  /** Whether the server follows the rooms on this connection. */
  #isFollowing = false;
  #failures = 0;
  #trouble: string | null = null;
  /** Whether it was said that there are rooms which cannot be followed. */
  #lacksRooms = false;

  constructor(deps: EventLinesDeps) {
    this.#deps = deps;
  }

  /** Resolves when it is stopped or nobody reads any more. @throws DyliveError when the server refuses what is asked */
  async run(): Promise<void> {
    const { base, clock, stop } = this.#deps;
    while (!stop.aborted) {
      const why = await this.#connection();
      if (why === null) return;
      if (this.#log === null) throw noServer(base, new Error(why));
      if (this.#failures++ === 0) say(told`the connection to ${base} ended (${why}): trying again`);
      await clock.sleep(backoffMs(RETRY, this.#failures), stop).catch(() => {});
    }
  }

  /** @returns why the connection ended; null when nothing more is to be written */
  async #connection(): Promise<string | null> {
    const { base, local, clock, stop: signal } = this.#deps;
    this.#isFollowing = false;
    this.#asking = 0;
    const socket = new WebSocket(`${base.replace(/^http/, "ws")}/v1/ws`, {
      headers: this.#headers(),
      ...(local && { agent: local.agent() }),
      ...{ perMessageDeflate: false, followRedirects: false, handshakeTimeout: 10_000 },
    });
    const waiting: (Message | readonly Event[])[] = [];
    let end: string | DyliveError | null = null;
    let wake = () => {};
    let silent = 0;
    const finish = (why: string | DyliveError) => {
      end ??= why;
      wake();
    };
    socket.on("error", (error) => finish(error.message));
    socket.on("close", (code) => finish(`code ${code}`));
    socket.on("ping", () => (silent = 0));
    socket.on("unexpected-response", (_request, response) => {
      refusal(response).then(finish, (error: unknown) => finish(String(error)));
    });
    socket.on("message", (data) => {
      silent = 0;
      waiting.push(JSON.parse(String(data)));
      // Nothing more is read until this is written: a slow reader holds up the server, not our memory.
      socket.pause();
      wake();
    });
    const stopped = () => wake();
    signal.addEventListener("abort", stopped);
    const stops = [
      clock.every(SILENCE_MS, () => {
        if (!socket.isPaused && ++silent > SILENT_MAX) socket.terminate();
      }),
      clock.every(
        KEEP_MS,
        () => void this.#keep(socket, KEPT_AT_ONCE).catch((error: unknown) => finish(error instanceof DyliveError ? error : String(error))),
      ),
      ...(this.#deps.rooms.length > 0 ? [] : [clock.every(LOOK_MS, () => void this.#lookForRooms(socket))]),
    ];
    try {
      while (!signal.aborted) {
        const message = waiting.shift();
        if (message !== undefined) await this.#heed(message, socket);
        else if (end !== null) break;
        else {
          const woken = new Promise<void>((resolve) => (wake = resolve));
          if (socket.readyState === WebSocket.OPEN) socket.resume();
          await woken;
        }
      }
      if (!signal.aborted && typeof end === "object" && end !== null) throw end;
      if (!signal.aborted) return end;
      await this.#keepLast(socket);
      return null;
    } catch (error) {
      if (!isGone(error)) throw error;
      await this.#keepLast(socket);
      return null;
    } finally {
      for (const stop of stops) stop();
      signal.removeEventListener("abort", stopped);
      socket.removeAllListeners("message").terminate();
    }
  }

  async #heed(message: Message | readonly Event[], socket: WebSocket): Promise<void> {
    if (isEvents(message)) return this.#write(message);
    const { room, type, message: words, reason } = message;
    switch (type) {
      case "hello":
        return this.#subscribe(message, socket);
      case "subscribed":
        this.#isFollowing = true;
        this.#failures = 0;
        if (message["ref"] === "anew") this.#asking--;
        for (const { room, asked, after, sessionId } of message["rooms"] as Subscribed[]) {
          if (this.#taken.has(room)) continue;
          this.#taken.set(room, after);
          if (sessionId !== undefined) this.#sessions.set(room, sessionId);
          if (this.#deps.rooms.length > 0) this.#names.set(room, asked);
          say(told`room ${room}: the lines begin after seq ${after}`);
        }
        return;
      case "removed":
        say(told`room ${Number(room)}: seqs ${Number(message["from"])} to ${Number(message["to"])} are missing: they are no longer kept`);
        return this.#pass(Number(room), Number(message["to"]));
      case "gone":
        return this.#lose(Number(room ?? [...this.#taken.keys()].find((one) => this.#nameOf(one) === message["asked"])), socket);
      case "position":
        for (const [room, seq] of Object.entries(message["seqs"] as Record<string, number>)) this.#pass(Number(room), seq);
        return;
      case "acked":
        this.#kept.set(Number(room), Number(message["seq"]));
        this.#trouble = null;
        return;
      case "revoked":
        throw new DyliveError("bad_token", "it was revoked, has expired or may do less, since this call began");
      case "error":
        if (message["ref"] === "rooms") return this.#refused(message, socket);
        if (message["ref"] === "anew") {
          this.#asking--;
          if (message["code"] !== "not_found" || (this.#taken.size === 0 && this.#asking === 0))
            throw errorOf(message as unknown as ShownError);
          return;
        }
        if (message["code"] === "in_use") throw this.#replaced();
        if (this.#trouble !== words) say(told`the position cannot be kept: ${String(words)}`);
        this.#trouble = String(words);
        return;
      case "costly":
      case "failed":
        say(told`the server ends this: ${String(reason)}`);
    }
  }

  async #subscribe({ log }: Message, socket: WebSocket): Promise<void> {
    const { rooms } = this.#deps;
    const { after, ...asked } = this.#asked();
    if (this.#log !== null && this.#log !== log) {
      say(told`the server has another log than before: the lines go on where that has the position, else now`);
      for (const known of [this.#taken, this.#read, this.#kept, this.#sessions]) known.clear();
      this.#unread = [];
    }
    this.#log = String(log);
    // Of all rooms, those that are gone by now are not missed.
    if (rooms.length === 0 && this.#taken.size > 0) {
      const there = await this.#allRooms().catch(() => null); // asked again with the next connection
      if (there !== null) for (const room of this.#taken.keys()) if (!there.includes(room)) this.#lose(room, socket);
    }
    if (this.#taken.size > 0) {
      const known = [...this.#taken].map(([room, seq]) => ({ room: this.#nameOf(room), after: seq }));
      return this.#send(socket, { op: "subscribe", ref: "rooms", ...asked, rooms: known, resumed: true });
    }
    const wanted = rooms.length > 0 ? rooms : await this.#allRooms();
    if (wanted.length === 0) throw new DyliveError("not_found", "the server knows no room yet that this token may see");
    this.#send(socket, { op: "subscribe", ref: "rooms", ...asked, ...(after !== undefined && { after }), rooms: wanted });
  }

  /** Subscribes to the rooms that have come since: from their beginning. */
  async #lookForRooms(socket: WebSocket): Promise<void> {
    const rooms = await this.#allRooms().catch((error: unknown) => {
      if (error instanceof DyliveError && !this.#lacksRooms) say(told`rooms that came since are not shown: ${error.said}`);
      this.#lacksRooms ||= error instanceof DyliveError;
      return []; // looked for again
    });
    const added = rooms.filter((room) => !this.#taken.has(room));
    if (added.length > 0 && this.#isFollowing)
      this.#send(socket, { op: "subscribe", ref: "rooms", ...this.#asked(), rooms: added, after: "0" });
  }

  async #allRooms(): Promise<readonly number[]> {
    const { base, local, stop: signal } = this.#deps;
    const headers = this.#headers();
    const asked = `/v1/rooms?limit=${ROOMS_MAX}`;
    const answer =
      local === undefined
        ? await (await fetch(`${base}${asked}`, { headers, signal, redirect: "error" })).text()
        : await textOf(await local.send("GET", asked, { headers, signal }));
    const body = JSON.parse(answer) as { rooms: { id: string }[]; next: string | null; error?: ShownError };
    if (body.error !== undefined) throw errorOf(body.error);
    if (body.next !== null)
      throw new DyliveError("too_many_subscriptions", told`there are more than ${ROOMS_MAX} rooms: name those that are meant`);
    return body.rooms.map(({ id }) => Number(id));
  }

  #headers(): Readonly<Record<string, string>> {
    const { secret } = this.#deps;
    return { "accept-language": languageOf(), ...(secret !== undefined && { authorization: `Bearer ${secret}` }) };
  }

  async #write(events: readonly Event[]): Promise<void> {
    const fresh = events.filter(({ room, seq }) => seq > (this.#taken.get(room) ?? 0));
    if (fresh.length === 0) return;
    const lines = fresh.map((event) => JSON.stringify(event));
    const stopped = new AbortController();
    const abort = once(this.#deps.stop, "abort", { signal: stopped.signal }).catch(() => {});
    const taken = this.#deps.output.write(lines.join("\n")).then(() => true);
    // Who is stopped does not wait for a reader that takes nothing.
    const isTaken = await Promise.race([taken, abort.then(() => false)]).finally(() => stopped.abort());
    taken.catch(() => {});
    if (!isTaken) return;
    for (const [at, { room, seq }] of fresh.entries()) {
      this.#bytes += Buffer.byteLength(lines[at] ?? "") + 1;
      this.#taken.set(room, seq);
      this.#unread.push({ room, seq, end: this.#bytes });
    }
    const readTo = this.#bytes - this.#deps.output.unreadMax;
    const first = this.#unread.findIndex(({ end }) => end > readTo);
    for (const { room, seq } of this.#unread.splice(0, first < 0 ? this.#unread.length : first)) this.#read.set(room, seq);
  }

  /** Returns the name by which a room that was followed is subscribed to again: by its key, or as the broadcast that is followed of it. */
  #nameOf(room: number): string {
    const session = this.#sessions.get(room);
    return session === undefined ? String(room) : `room_id:${session}`;
  }

  /** Returns what the server is asked with each subscription. */
  #asked(): LinesAsked & { readonly holder?: string } {
    const { asked } = this.#deps;
    return asked.name === undefined ? asked : { ...asked, holder: this.#holder };
  }

  /** Makes the error of a command whose name another one has by now. */
  #replaced(): DyliveError {
    return new DyliveError("in_use", told`another command goes on as ${this.#deps.asked.name ?? ""}, so this one ends`);
  }

  /** Takes that the server refuses the rooms: those that were followed may have been deleted. @throws DyliveError */
  #refused(message: Message, socket: WebSocket): void {
    if (message["code"] === "in_use") throw this.#replaced();
    if (message["code"] !== "not_found" || this.#names.size === 0) throw errorOf(message as unknown as ShownError);
    for (const room of [...this.#taken.keys()]) this.#lose(room, socket);
  }

  /** Forgets a room that was deleted, and asks for its name again: the room may have been added since. */
  #lose(room: number, socket: WebSocket): void {
    for (const known of [this.#taken, this.#read, this.#kept, this.#sessions]) known.delete(room);
    this.#unread = this.#unread.filter((one) => one.room !== room);
    say(told`room ${room} was deleted`);
    const name = this.#names.get(room);
    if (!this.#names.delete(room) || name === undefined) return;
    const { after: _, ...asked } = this.#asked();
    this.#asking++;
    this.#send(socket, { op: "subscribe", ref: "anew", ...asked, rooms: [{ room: name, after: 0 }] });
  }

  /** Notes that nothing is to be written up to here. */
  #pass(room: number, seq: number): void {
    if (seq <= (this.#taken.get(room) ?? 0)) return;
    this.#taken.set(room, seq);
    if (this.#unread.some((one) => one.room === room)) this.#unread.push({ room, seq, end: this.#bytes });
    else this.#read.set(room, seq);
  }

  /** Moves the kept positions to what was read. @returns the rooms whose are under way @throws DyliveError when the disk does not take it */
  async #keep(socket: WebSocket, most: number): Promise<ReadonlyMap<number, number>> {
    const { name } = this.#deps.asked;
    const behind = [...this.#read].filter(([room, seq]) => seq > (this.#kept.get(room) ?? 0)).slice(0, most);
    if (name === undefined || behind.length === 0 || !this.#isFollowing) return new Map();
    await this.#deps.output.sync?.();
    for (const [room, seq] of behind) this.#send(socket, { op: "ack", ref: "keep", name, room, seq });
    // Those that wait have their turn next.
    for (const [room, seq] of behind) this.#read.delete(room) && this.#read.set(room, seq);
    return new Map(behind);
  }

  async #keepLast(socket: WebSocket): Promise<void> {
    const late = new AbortController();
    let left = () => {};
    const done = new Promise<void>((resolve) => (left = resolve));
    const moving = new Map<number, number>();
    socket.removeAllListeners("message").on("message", (data) => {
      const text = String(data);
      if (text.startsWith("[")) return;
      const { type, ref, room, seq, message } = JSON.parse(text) as Message;
      if (type === "acked" && moving.get(Number(room)) === seq) moving.delete(Number(room));
      const isRefused = type === "error" && ref === "keep";
      if (isRefused) say(told`the position cannot be kept: ${String(message)}`);
      if (moving.size === 0 || isRefused) left();
    });
    socket.on("close", left);
    for (const [room, seq] of await this.#keep(socket, KEPT_AT_END)) moving.set(room, seq);
    if (moving.size === 0) return;
    socket.resume();
    await Promise.race([done, this.#deps.clock.sleep(END_MS, late.signal).catch(() => {})]);
    late.abort();
  }

  #send(socket: WebSocket, command: Message): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
  }
}

function isEvents(message: Message | readonly Event[]): message is readonly Event[] {
  return Array.isArray(message);
}

/** Whether a write failed since nobody reads any more; on Windows that is EOF. */
function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EPIPE", "EOF", "ECONNRESET"].includes(String(error.code));
}

/** Reads why a connection was refused: an error where another try would end so too, else the reason. */
async function refusal(response: AsyncIterable<Buffer> & { readonly statusCode?: number | undefined }): Promise<DyliveError | string> {
  const status = response.statusCode ?? 0;
  let text = "";
  for await (const part of response) if (text.length < 65_536) text += String(part);
  try {
    const { error } = JSON.parse(text) as { readonly error: ShownError };
    if (status < 500 && status !== 429) return errorOf(error);
    return error.message;
  } catch {
    return `HTTP ${status}`;
  }
}
