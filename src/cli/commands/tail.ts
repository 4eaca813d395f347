import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fstatSync } from "node:fs";
import type { Command } from "commander";
import WebSocket from "ws";
import { type Config, languageOf, loadConfig } from "../../app/config.js";
import { type Backoff, backoffMs, type Clock, systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { errorOf, type LocalApi, type ShownError, withApi } from "../api.js";
import { data } from "../options.js";
import { isTorn, syncOut, writeOut } from "../stdout.js";
import { stopSignal } from "../stop.js";
import { say } from "../terminal.js";
import { names, whole } from "../values.js";
import { noServer, serverAt } from "./mcp.js";

/** Unread bytes that a pipe holds: 64 KiB on Linux (`man 7 pipe`), no more elsewhere; a socket's buffer holds more. */
const PIPE_BYTES = 65_536;
const SOCKET_BYTES = 262_144;
/** Pause between two moves of the kept position, and the longest wait for the last one, in ms. */
const KEEP_MS = 1_000;
const END_MS = 2_000;
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
  /** Resolves when it was taken. @throws an error of code EPIPE when the reader has left */
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
/** Room of the server's answer to a subscription. */
interface Subscribed {
  readonly room: number;
  readonly asked: string;
}

/** Adds `dylive tail`. */
export function addTailCommand(program: Command): void {
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
      const config = loadConfig({ data: folder, token });
      const stop = stopSignal();
      const output = stdoutOf(behind);
      const follow = (at: Pick<EventLinesDeps, "base" | "secret" | "local">) =>
        new EventLines({ ...at, rooms, asked, output, clock: systemClock, stop }).run();
      const secret = config.token === null ? {} : { secret: config.token };
      if (server !== undefined) await follow({ base: serverAt(server, config.token), ...secret });
      else await withApi(config, (local) => follow({ base: "http://localhost", local, ...secret }));
      // A write that is not taken would hold up the end.
      process.exit();
    });
}

/** Returns stdout. A reader that leaves is an error for the writer alone. @param behind bytes that may be unread, if that is known */
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
  /** Cursor up to which everything was taken, or is not shown. */
  #taken: string | null = null;
  /** Cursor up to which everything was read, as far as that can be known, and the one that the server keeps. */
  #read: string | null = null;
  #kept: string | null = null;
  /** What was taken and is not known to have been read, oldest first, with the bytes that were written up to their ends. */
  #unread: { readonly cursor: string; readonly end: number }[] = [];
  #bytes = 0;
  /** Names that are followed, with the keys of their rooms once the server said them; none where all rooms are. */
  readonly #rooms: Map<string, number | null>;
  /** Whether the server follows the rooms on this connection. */
  #isFollowing = false;
  #failures = 0;
  #trouble: string | null = null;

  constructor(deps: EventLinesDeps) {
    this.#deps = deps;
    this.#rooms = new Map(deps.rooms.map((name) => [name, null]));
  }

  /** Resolves when it is stopped or the reader has left. @throws DyliveError when the server refuses what is asked */
  async run(): Promise<void> {
    const { base, clock, stop } = this.#deps;
    while (!stop.aborted) {
      const why = await this.#connection();
      if (why === null) return;
      if (this.#log === null) throw noServer(base, new Error(why));
      if (this.#failures++ === 0) say(msg`the connection to ${base} ended (${why}): trying again`);
      await clock.sleep(backoffMs(RETRY, this.#failures), stop).catch(() => {});
    }
  }

  /** @returns why the connection ended; null when nothing more is to be written */
  async #connection(): Promise<string | null> {
    const { base, local, clock, stop: signal } = this.#deps;
    this.#isFollowing = false;
    const socket = new WebSocket(`${base.replace(/^http/, "ws")}/v1/ws`, {
      headers: this.#headers(),
      ...(local && { agent: local.agent() }),
      ...{ perMessageDeflate: false, followRedirects: false, handshakeTimeout: 10_000 },
    });
    const waiting: Message[] = [];
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
        () => void this.#keep(socket).catch((error: unknown) => finish(error instanceof DyliveError ? error : String(error))),
      ),
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

  async #heed(message: Message, socket: WebSocket): Promise<void> {
    const { room, type, message: words, reason, cursor } = message;
    switch (type) {
      case "hello":
        return this.#begin(message, socket);
      case "events":
        return this.#write(message["events"] as readonly unknown[], message["cursors"] as readonly string[]);
      case "subscribed":
        this.#isFollowing = true;
        this.#failures = 0;
        if (this.#taken === null) {
          this.#taken = String(cursor);
          if (this.#rooms.size === 0) say(msg`all rooms are followed, those that come later too`);
        }
        for (const { room, asked } of (message["rooms"] ?? []) as Subscribed[]) this.#meet(asked, room);
        return;
      case "removed":
        say(msg`room ${Number(room)}: seqs ${Number(message["from"])} to ${Number(message["to"])} are missing: they are no longer kept`);
        return this.#pass(String(cursor));
      case "gone": {
        const asked = String(message["asked"]);
        say(msg`room ${Number(room ?? this.#rooms.get(asked))} was deleted`);
        // Its name may lead to a room that was added since.
        if (room !== undefined) return this.#subscribe(socket);
        this.#rooms.delete(asked);
        return;
      }
      case "position":
        return this.#pass(String(cursor));
      case "acked":
        this.#kept = String(cursor);
        this.#trouble = null;
        return;
      case "revoked":
        throw new DyliveError("bad_token", "it was revoked, has expired or may do less, since this call began");
      case "error":
        if (message["code"] === "in_use")
          throw new DyliveError("in_use", msg`another command goes on as ${this.#deps.asked.name ?? ""}, so this one ends`);
        if (message["ref"] === "rooms") throw errorOf(message as unknown as ShownError);
        if (this.#trouble !== words) say(msg`the position cannot be kept: ${String(words)}`);
        this.#trouble = String(words);
        return;
      case "failed":
        say(msg`the server ends this: ${String(reason)}`);
    }
  }

  #begin({ log }: Message, socket: WebSocket): void {
    if (this.#log !== null && this.#log !== log) {
      say(msg`the server has another log than before: the lines go on where that has the position, else now`);
      this.#taken = this.#read = this.#kept = null;
      this.#unread = [];
    }
    this.#log = String(log);
    this.#subscribe(socket);
  }

  #subscribe(socket: WebSocket): void {
    const { after, name, ...asked } = this.#deps.asked;
    const back = this.#taken === null ? { ...(after !== undefined && { after }) } : { after: this.#taken, resumed: true };
    this.#send(socket, {
      ...{ op: "subscribe", ref: "rooms", ...asked, ...back },
      ...(this.#rooms.size > 0 && { rooms: [...this.#rooms.keys()] }),
      ...(name !== undefined && { name, holder: this.#holder }),
    });
  }

  #meet(asked: string, room: number): void {
    const before = this.#rooms.get(asked) ?? null;
    this.#rooms.set(asked, room);
    if (before === room) return;
    say(msg`room ${room} is followed`);
  }

  #headers(): Readonly<Record<string, string>> {
    const { secret } = this.#deps;
    return { "accept-language": languageOf(), ...(secret !== undefined && { authorization: `Bearer ${secret}` }) };
  }

  async #write(events: readonly unknown[], cursors: readonly string[]): Promise<void> {
    const lines = events.map((event) => JSON.stringify(event));
    const stopped = new AbortController();
    const abort = once(this.#deps.stop, "abort", { signal: stopped.signal }).catch(() => {});
    const taken = this.#deps.output.write(lines.join("\n")).then(() => true);
    // A stop does not wait for a reader that takes nothing.
    const isTaken = await Promise.race([taken, abort.then(() => false)]).finally(() => stopped.abort());
    taken.catch(() => {});
    if (!isTaken) return;
    for (const [at, cursor] of cursors.entries()) {
      this.#bytes += Buffer.byteLength(lines[at] ?? "") + 1;
      this.#taken = cursor;
      this.#unread.push({ cursor, end: this.#bytes });
    }
    const readTo = this.#bytes - this.#deps.output.unreadMax;
    const first = this.#unread.findIndex(({ end }) => end > readTo);
    const read = this.#unread.splice(0, first < 0 ? this.#unread.length : first).at(-1);
    if (read !== undefined) this.#read = read.cursor;
  }

  /** Notes that nothing is to be written up to here. */
  #pass(cursor: string): void {
    this.#taken = cursor;
    const last = this.#unread.pop();
    if (last === undefined) this.#read = cursor;
    else this.#unread.push({ cursor, end: last.end });
  }

  /** Moves the kept position to what was read. @returns whether that is under way @throws DyliveError when the disk does not take it */
  async #keep(socket: WebSocket): Promise<boolean> {
    const cursor = this.#read;
    if (this.#deps.asked.name === undefined || cursor === null || cursor === this.#kept || !this.#isFollowing) return false;
    await this.#deps.output.sync?.();
    this.#send(socket, { op: "ack", ref: "keep", cursor });
    return true;
  }

  async #keepLast(socket: WebSocket): Promise<void> {
    const late = new AbortController();
    let left = () => {};
    const done = new Promise<void>((resolve) => (left = resolve));
    const last = this.#read;
    socket.removeAllListeners("message").on("message", (data) => {
      const { type, ref, cursor, message } = JSON.parse(String(data)) as Message;
      const isRefused = type === "error" && ref === "keep";
      if (isRefused) say(msg`the position cannot be kept: ${String(message)}`);
      if (isRefused || (type === "acked" && cursor === last)) left();
    });
    socket.on("close", left);
    if (!(await this.#keep(socket))) return;
    socket.resume();
    await Promise.race([done, this.#deps.clock.sleep(END_MS, late.signal).catch(() => {})]);
    late.abort();
  }

  #send(socket: WebSocket, command: Message): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
  }
}

/** Whether a write failed since the reader has left; on Windows that is EOF. */
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
