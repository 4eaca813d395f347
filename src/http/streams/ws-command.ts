import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { DyliveError } from "../../runtime/errors.js";
import { mistakeOf } from "../../runtime/mistake.js";
import { type MsgOrText, msg } from "../../runtime/msg.js";

const closed = { additionalProperties: false };
const Ref = Type.Optional(Type.String({ maxLength: 64, description: "comes back with the answer" }));
const Name = Type.String({
  pattern: "^[A-Za-z0-9_.-]{1,64}$",
  description: "1 to 64 letters, digits, _ . -, which name a position that the server keeps",
});
const Holder = Type.String({
  pattern: "^[A-Za-z0-9_.-]{1,64}$",
  description:
    "1 to 64 letters, digits, _ . -, the same over all connections of one reader: with `resumed` it takes no name from who has it since",
});
const RoomName = Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Integer({ minimum: 0 })]);
const After = Type.Union([Type.Integer({ minimum: 0 }), Type.String({ minLength: 1, maxLength: 512 })]);
/** Whether a client that was here comes back: to what has gone since it is not refused. */
export const Resumed = Type.Optional(
  Type.Boolean({
    description: "true: the rooms were followed before; of those that are no more `gone` tells, and only where none is left it is refused",
  }),
);
/** Most names in one command, before they are looked at: 64 KiB hold 30,000, and each of them takes time. */
const NAMES_MAX = 5_000;

/** Commands that a client of `/v1/ws` may send, by `op`. */
export const COMMANDS = {
  subscribe: Type.Object(
    {
      op: Type.Literal("subscribe"),
      ref: Ref,
      name: Type.Optional(Name),
      holder: Type.Optional(Holder),
      rooms: Type.Optional(Type.Array(RoomName, { minItems: 1, maxItems: NAMES_MAX })),
      after: Type.Optional(After),
      types: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 100 })),
      user: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      minDiamonds: Type.Optional(Type.Integer({ minimum: 0 })),
      filter: Type.Optional(Type.String({ minLength: 1 })),
      resumed: Resumed,
    },
    closed,
  ),
  ack: Type.Object({ op: Type.Literal("ack"), ref: Ref, cursor: Type.String({ minLength: 1, maxLength: 512 }) }, closed),
  ping: Type.Object({ op: Type.Literal("ping"), ref: Ref }, closed),
} as const;

type Op = keyof typeof COMMANDS;
/** A command of one kind, checked. */
export type CommandOf<O extends Op> = Static<(typeof COMMANDS)[O]>;
/** A command, checked. */
export type Command = { [O in Op]: CommandOf<O> }[Op];

/** Error of a command that cannot be carried out; `ref` is the client's own name for it, where it could be read. */
export class CommandError extends DyliveError {
  readonly ref: string | null;

  constructor(detail: MsgOrText, ref: string | null) {
    super("bad_request", detail);
    this.ref = ref;
  }
}

/** Reads a client's message. @throws CommandError that names the field */
export function parseCommand(text: string): Command {
  const value = parseJson(text);
  const ref = typeof value["ref"] === "string" ? value["ref"].slice(0, 64) : null;
  const op = Object.keys(COMMANDS).find((one) => one === value["op"]) as Op | undefined;
  if (op === undefined) throw new CommandError(msg`op must be one of ${Object.keys(COMMANDS).join(", ")}`, ref);
  const { rooms } = value;
  // The schema would look at each item of a list that is too long: 0.3 s for as many as a message holds.
  if (Array.isArray(rooms) && rooms.length > NAMES_MAX)
    throw new CommandError(msg`${op}: rooms must be a list of 1 to ${NAMES_MAX} items`, ref);
  const schema: TSchema = COMMANDS[op];
  if (Value.Check(schema, value)) return value as unknown as Command;
  throw new CommandError(msg`${op}: ${mistakeOf(schema, Value.Errors(schema, value), msg`the command`).words}`, ref);
}

function parseJson(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CommandError("the message is not JSON", null);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new CommandError("the message is not an object", null);
  return value as Record<string, unknown>;
}
