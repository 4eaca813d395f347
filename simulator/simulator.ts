import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { type Clock, systemClock } from "../src/runtime/clock.js";
import { DyliveError } from "../src/runtime/errors.js";
import { listenFailure } from "../src/runtime/listen.js";
import { mistakeOf } from "../src/runtime/mistake.js";
import { msgOf } from "../src/runtime/msg.js";
import type { ConnectionTruth } from "./connection.js";
import { RoomControl } from "./control.js";
import { REFUSAL_FORMS } from "./handshake.js";
import { answer, splitHost } from "./hosts.js";
import { SimulatedPlatform } from "./platform.js";
import { PushServer, type RefusedHandshake } from "./push.js";
import { Random } from "./random.js";
import { type Ask, deliver, json, parseCookies, type SimulatedReply } from "./reply.js";
import { ABOVE_0, checkOptions, checkRooms, demoRooms, type RoomScenario, ScenarioSchema } from "./scenario.js";
import { loadSchema, Schema } from "./schema.js";
import { sdkReply, signReply } from "./sdk.js";
import { type Mood, MoodSchema, readMood, SAMPLED } from "./shares.js";
import type { SentTruth } from "./truth.js";
import { withTls } from "./two-protocols.js";
import type { SimulatedWorks } from "./works/site.js";

/** Options of the simulator; everything has a default. */
export interface SimulatorOptions {
  /** 127.0.0.1 */
  readonly host?: string;
  /** 0: any free port */
  readonly port?: number;
  /** 1; the same seed and start give the same rooms */
  readonly seed?: number | string;
  /** The instant at which the broadcasts start, ms UTC; now. Ids carry it. */
  readonly start?: number;
  /** Lets in any signature of 16 characters; else only those that the simulator's signer issued. */
  readonly acceptAnySignature?: boolean;
  /** The demo's rooms */
  readonly rooms?: readonly RoomScenario[];
  /** Factor by which messages come faster than the scenarios say; 1 */
  readonly rateFactor?: number;
  /** The machine's clock */
  readonly clock?: Clock;
  /** Whether viewers who have not logged in get gifts; true. The real platform stopped that in 2026. */
  readonly guestGifts?: boolean;
  /** Moods of the platform towards viewers, by an account's `sessionid` or a guest's `user_unique_id`; each is sent all gifts */
  readonly moods?: Readonly<Record<string, Mood>>;
  /** Number of facts, combos and ids that the truth keeps of each broadcast; 100 000 */
  readonly keep?: number;
  /** A loaded schema, to share it */
  readonly schema?: Schema;
}

/** Everything the simulator knows of one broadcast, as `/@truth?room_id=…` gives it. */
export interface BroadcastTruth {
  readonly webRid: string;
  readonly roomId: string;
  readonly live: boolean;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly sent: SentTruth;
  readonly connections: readonly ConnectionTruth[];
}

/** A running simulator. */
export interface Simulator {
  /** Base URL under which platform hosts are reached, as `url/@HOST/…`. */
  readonly url: string;
  /** Control of its rooms, for tests. */
  readonly rooms: RoomControl;
  /** Returns the room_id of the newest broadcast of a room, by web_rid or custom id; null where there is none. */
  roomId(webRid: string): string | null;
  /** Returns what was sent in a broadcast, by its room_id or, for the newest, by the room's web_rid or custom id. */
  truth(id: string): BroadcastTruth;
  /** The works: the truth about them, what was asked for, and their faults. */
  readonly works: Pick<SimulatedWorks, "catalogue" | "requests" | "work" | "setFaults" | "publish" | "remove">;
  /** Returns the handshakes that were refused, oldest first, with reasons. */
  refusals(): readonly RefusedHandshake[];
  /** Returns a signature for a stub, as the signer's endpoint gives it. */
  sign(stub: string): string;
  /** Closes the simulator and everything in it. */
  close(): Promise<void>;
}

const OPTIONS = Type.Object(
  {
    host: Type.Optional(Type.String({ minLength: 1 })),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
    seed: Type.Optional(Type.Union([Type.Number(), Type.String()])),
    start: Type.Optional(Type.Number({ description: "ms UTC" })),
    acceptAnySignature: Type.Optional(Type.Boolean()),
    rooms: Type.Optional(Type.Array(ScenarioSchema)),
    rateFactor: Type.Optional(ABOVE_0),
    clock: Type.Optional(
      Type.Refine(Type.Unknown({ description: "a clock with now, sleep and every" }), (clock) =>
        ["now", "sleep", "every"].every((method) => typeof (clock as Record<string, unknown> | null)?.[method] === "function"),
      ),
    ),
    guestGifts: Type.Optional(Type.Boolean()),
    moods: Type.Optional(Type.Record(Type.String(), MoodSchema, { description: "viewers with their moods" })),
    keep: Type.Optional(Type.Integer({ minimum: 1 })),
    schema: Type.Optional(Type.Refine(Type.Unknown({ description: "a Schema" }), (schema) => schema instanceof Schema)),
  },
  { additionalProperties: false },
);

/** Starts a fake platform on this machine. @throws DyliveError bad_config that names the option and what it takes; in_use where another program has the port */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  checkOptions(OPTIONS, options);
  const clock = options.clock ?? systemClock;
  const scenarios = options.rooms ?? demoRooms();
  checkRooms(scenarios);
  const startMs = Math.floor(options.start ?? clock.now());
  if (!(startMs > 0 && startMs < 0xffff_ffff * 1000)) throw new DyliveError("bad_config", "start must be ms UTC after 1970");
  const platform = new SimulatedPlatform({
    schema: options.schema ?? loadSchema(),
    clock,
    random: new Random(`${options.seed ?? 1}`),
    startMs,
    rooms: scenarios,
    rateFactor: options.rateFactor ?? 1,
    guestGifts: options.guestGifts ?? true,
    acceptAnySignature: options.acceptAnySignature ?? false,
    keep: options.keep ?? 100_000,
  });
  for (const [viewer, mood] of Object.entries(options.moods ?? {})) platform.moods.set(viewer, mood);
  const push = new PushServer(platform);
  const rooms = new RoomControl(platform);
  const truth = (id: string): BroadcastTruth => broadcastTruth(platform, push, id);
  const plain = createServer((request, response) => {
    if (platform.unplugged) {
      request.socket.destroy();
      return;
    }
    serve(platform, truth, rooms, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else void deliver(clock, response, failure(error), request.method === "HEAD");
    });
  });
  plain.on("upgrade", (request, socket, head) => {
    try {
      if (platform.unplugged) socket.destroy();
      else push.upgrade(request, socket, head);
    } catch {
      socket.destroy();
    }
  });
  const server = withTls(plain);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  }).catch((error: unknown) => {
    throw listenFailure(error, options.host ?? "127.0.0.1", options.port ?? 0, msgOf("host, port"));
  });
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    rooms,
    roomId: (webRid) => platform.byWebId(webRid)?.last?.roomId ?? null,
    truth,
    works: platform.works,
    refusals: () => [...push.refusals],
    sign: (stub) => platform.signer.sign(stub),
    close: async () => {
      platform.close();
      push.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function broadcastTruth(platform: SimulatedPlatform, push: PushServer, id: string): BroadcastTruth {
  const byRoom = platform.byRoomId(id);
  const room = byRoom?.room ?? platform.byWebId(id);
  const broadcast = byRoom?.broadcast ?? room?.last ?? null;
  if (room === null || broadcast === null) throw new DyliveError("not_found", `the simulator has no broadcast ${id}`);
  return {
    webRid: room.scenario.webRid,
    roomId: broadcast.roomId,
    live: broadcast.endedAt === null,
    startedAt: broadcast.options.startedAt,
    endedAt: broadcast.endedAt,
    sent: broadcast.sent(),
    connections: push.truths(broadcast.roomId),
  };
}

async function serve(
  platform: SimulatedPlatform,
  truth: (id: string) => BroadcastTruth,
  rooms: RoomControl,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://simulator");
  const { host, path } = splitHost(url.pathname);
  const ask: Ask = {
    method: request.method ?? "GET",
    host,
    path,
    query: url.searchParams,
    headers: request.headers,
    cookies: parseCookies(request.headers.cookie),
    body: await readBody(request),
    addressed: request.headers.host ?? "localhost",
  };
  const own = ownReply(platform, truth, rooms, ask);
  if (own === null && platform.lateMs > 0) await platform.options.clock.sleep(platform.lateMs);
  await deliver(platform.options.clock, response, own ?? answer(platform, ask), ask.method === "HEAD");
}

/** Answers at the simulator's own endpoints, beside the platform's hosts. */
function ownReply(platform: SimulatedPlatform, truth: (id: string) => BroadcastTruth, rooms: RoomControl, ask: Ask): SimulatedReply | null {
  switch (ask.host) {
    case "truth": {
      const id = ask.query.get("room_id") ?? ask.query.get("web_rid");
      if (id !== null) return json(truth(id));
      return json({
        rooms: platform.rooms.map(({ scenario, live, last }) => ({
          webRid: scenario.webRid,
          customId: scenario.customId ?? null,
          title: scenario.title,
          live: live !== null,
          roomId: last?.roomId ?? null,
        })),
      });
    }
    case "control":
      return controlReply(rooms, ask);
    case "works":
      return platform.works.ownReply(ask);
    case "signer":
      return signReply(platform, ask);
    case "sdk":
      return sdkReply(platform, ask);
    default:
      return null;
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new DyliveError("bad_request", "the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function failure(error: unknown): SimulatedReply {
  const known = error instanceof DyliveError ? error : new DyliveError("internal", String(error), error);
  return json({ code: known.code, message: known.message }, known.row.status);
}

/** Largest body that is read, in bytes: nobody sends more than a stub or a registration. */
const BODY_LIMIT = 1024 * 1024;

interface SimulatorCommand {
  readonly takes: TSchema;
  readonly run: (rooms: RoomControl, given: unknown) => unknown;
}

const room = Type.String({ minLength: 1, maxLength: 128 });
const viewer = Type.Optional(Type.String({ minLength: 1, maxLength: 128 }));
const share = Type.Number({ minimum: 0, maximum: 1 });
const on = Type.Optional(Type.Boolean());
const ms = Type.Integer({ minimum: 0, maximum: 86_400_000 });

/** Codes that a close frame can carry: 1004 to 1006 and 1015 are of connections that had none. */
const CLOSE_CODES = [
  [1000, 1003],
  [1007, 1014],
  [3000, 4999],
] as const;

/** Commands that another process can give to a simulator: the faults, by the names of their methods in {@link RoomControl}. */
const COMMANDS: Readonly<Record<string, SimulatorCommand>> = {
  end: command({ room, how: Type.Optional(Type.Enum(["silence", "cut", "unsaid"])) }, (rooms, { room, how }) => rooms.end(room, how)),
  restart: command({ room }, (rooms, { room }) => ({ roomId: rooms.restart(room) })),
  stall: command({ room, on }, (rooms, { room, on }) => rooms.stall(room, on)),
  deafen: command({ room, hears: Type.Optional(Type.Enum(["all", "low", "nothing"])) }, (rooms, { room, hears }) =>
    rooms.deafen(room, hears),
  ),
  freeze: command({ room, on }, (rooms, { room, on }) => rooms.freeze(room, on)),
  cut: command({ room, viewer }, (rooms, { room, viewer }) => rooms.cut(room, viewer)),
  sample: command(
    { room, shares: Type.Partial(Type.Record(Type.Enum([...SAMPLED]), Type.Union([share, Type.Tuple([share, share])]))), viewer },
    (rooms, { room, shares, viewer }) => rooms.sample(room, shares, viewer),
  ),
  resetAfter: command({ room, ms: Type.Union([ms, Type.Null()]) }, (rooms, { room, ms }) => rooms.resetAfter(room, ms)),
  close: command(
    { room, how: Type.Union([...CLOSE_CODES.map(([minimum, maximum]) => Type.Integer({ minimum, maximum })), Type.Literal("frame")]) },
    (rooms, { room, how }) => rooms.close(room, how),
  ),
  refuse: command(
    { room, on, form: Type.Optional(Type.Union([Type.Enum([...REFUSAL_FORMS]), Type.Integer({ minimum: 200, maximum: 599 })])), viewer },
    (rooms, { room, on, form, viewer }) => rooms.refuse(room, on, form, viewer),
  ),
  damage: command(
    { room, kind: Type.Enum(["gzip", "truncated"]), frames: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })), viewer },
    (rooms, { room, kind, frames, viewer }) => rooms.damage(room, kind, frames, viewer),
  ),
  repeat: command({ room, count: Type.Optional(Type.Integer({ minimum: 0, maximum: 30 })) }, (rooms, { room, count }) => ({
    repeated: rooms.repeat(room, count),
  })),
  misread: command({ room, times: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })) }, (rooms, { room, times }) =>
    rooms.misread(room, times),
  ),
  page: command({ room, form: Type.Enum(["plain", "referred", "missing", "attribute"]) }, (rooms, { room, form }) =>
    rooms.page(room, form),
  ),
  needClick: command({ room, on }, (rooms, { room, on }) => rooms.needClick(room, on)),
  gifts: command({ to: Type.Enum(["everyone", "logged_in", "nobody"]) }, (rooms, { to }) => rooms.gifts(to)),
  mood: command({ viewer: room, mood: room }, (rooms, { viewer, mood }) => rooms.mood(viewer, readMood(mood))),
  latency: command({ ms }, (rooms, { ms }) => rooms.latency(ms)),
  unplug: command({ on }, (rooms, { on }) => rooms.unplug(on)),
  captcha: command({ on }, (rooms, { on }) => rooms.captcha(on)),
  logout: command({ on }, (rooms, { on }) => rooms.logout(on)),
  scan: command({}, (rooms) => rooms.scan()),
  breakHost: command(
    { host: room, status: Type.Union([Type.Integer({ minimum: 200, maximum: 599 }), Type.Null()]) },
    (rooms, { host, status }) => rooms.breakHost(host, status),
  ),
};

/** Answers `POST /@control/COMMAND`, with parameters as JSON, by running the command, and `GET /@control/` with their names. */
function controlReply(rooms: RoomControl, ask: Ask): SimulatedReply {
  const name = ask.path.replace(/^\//, "");
  if (ask.method !== "POST")
    return json({ commands: Object.fromEntries(Object.entries(COMMANDS).map(([each, { takes }]) => [each, takes])) });
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (found === undefined) throw new DyliveError("not_found", `the simulator has no command ${JSON.stringify(name.slice(0, 40))}`);
  return json({ ok: true, ...(found.run(rooms, given(ask)) as object | undefined) });
}

function command<T extends Record<string, TSchema>>(
  fields: T,
  run: (rooms: RoomControl, given: Static<ReturnType<typeof Type.Object<T>>>) => unknown,
): SimulatorCommand {
  const takes = Type.Object(fields, { additionalProperties: false });
  return {
    takes,
    run: (rooms, value) => {
      if (Value.Check(takes, value)) return run(rooms, value as Parameters<typeof run>[1]);
      throw new DyliveError("bad_request", mistakeOf(takes, Value.Errors(takes, value), msgOf("the body")).words);
    },
  };
}

function given(ask: Ask): unknown {
  if (ask.body.length === 0) return {};
  try {
    return JSON.parse(ask.body.toString("utf8"));
  } catch {
    throw new DyliveError("bad_request", "the body is not JSON");
  }
}
