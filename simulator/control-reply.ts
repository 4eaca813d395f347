import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { DyliveError } from "../src/runtime/errors.js";
import type { RoomControl } from "./control.js";
import type { Ask, SimulatedReply } from "./reply.js";
import { json } from "./reply.js";

interface Command {
  readonly takes: TSchema;
  readonly run: (rooms: RoomControl, given: unknown) => unknown;
}

const room = Type.String({ minLength: 1, maxLength: 128 });
const on = Type.Optional(Type.Boolean());
const ms = Type.Integer({ minimum: 0, maximum: 86_400_000 });

/** Commands that another process can give to a simulator: the faults, by the names of their methods in {@link RoomControl}. */
const COMMANDS: Readonly<Record<string, Command>> = {
  end: command({ room, how: Type.Optional(Type.Enum(["silence", "cut", "unsaid"])) }, (rooms, { room, how }) => rooms.end(room, how)),
  restart: command({ room }, (rooms, { room }) => ({ roomId: rooms.restart(room) })),
  stall: command({ room, on }, (rooms, { room, on }) => rooms.stall(room, on)),
  deafen: command({ room, hears: Type.Optional(Type.Enum(["all", "low", "nothing"])) }, (rooms, { room, hears }) =>
    rooms.deafen(room, hears),
  ),
  freeze: command({ room, on }, (rooms, { room, on }) => rooms.freeze(room, on)),
  cut: command({ room }, (rooms, { room }) => rooms.cut(room)),
  resetAfter: command({ room, ms: Type.Union([ms, Type.Null()]) }, (rooms, { room, ms }) => rooms.resetAfter(room, ms)),
  close: command(
    { room, how: Type.Union([Type.Integer({ minimum: 1000, maximum: 4999 }), Type.Literal("frame")]) },
    (rooms, { room, how }) => rooms.close(room, how),
  ),
  refuse: command(
    { room, on, form: Type.Optional(Type.Union([Type.Enum(["blocked", "bare"]), Type.Integer({ minimum: 200, maximum: 599 })])) },
    (rooms, { room, on, form }) => rooms.refuse(room, on, form),
  ),
  damage: command(
    { room, kind: Type.Enum(["gzip", "truncated"]), frames: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })) },
    (rooms, { room, kind, frames }) => rooms.damage(room, kind, frames),
  ),
  repeat: command({ room, count: Type.Optional(Type.Integer({ minimum: 0, maximum: 30 })) }, (rooms, { room, count }) => ({
    repeated: rooms.repeat(room, count),
  })),
  misread: command({ room, times: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })) }, (rooms, { room, times }) =>
    rooms.misread(room, times),
  ),
  gifts: command({ to: Type.Enum(["everyone", "logged_in", "nobody"]) }, (rooms, { to }) => rooms.gifts(to)),
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
export function controlReply(rooms: RoomControl, ask: Ask): SimulatedReply {
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
): Command {
  const takes = Type.Object(fields, { additionalProperties: false });
  return {
    takes,
    run: (rooms, value) => {
      if (Value.Check(takes, value)) return run(rooms, value as Parameters<typeof run>[1]);
      const first = Value.Errors(takes, value)[0];
      throw new DyliveError("bad_request", `${first?.instancePath || "the parameters"}: ${first?.message ?? "not valid"}`);
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
