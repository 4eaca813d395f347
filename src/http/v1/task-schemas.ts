import { type Static, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import type { ReadonlyDeep } from "./route.js";

export const TASK_KINDS = ["erase", "redecode", "delete", "import"] as const;
export const TASK_STATES = ["running", "done", "failed", "stopped"] as const;

const Count = (description: string) => Type.Integer({ description });

const ErasedSchema = Type.Object(
  {
    erased: Count("their own events, now tombstones"),
    dropped: Count("ranks, notices and unknown messages that named them, now tombstones"),
    changed: Count("events that named them, with another in their place"),
    kept: Count("chats of others that name them, kept as written"),
    pseudonym: Nullable(Type.String(), "under which they are shown from now on"),
    rooms: Type.Array(Type.String(), { description: "rooms in which events were changed" }),
    works: Type.Object(
      {
        works: Count("their own works, removed: a work's id leads to its author"),
        comments: Count("their own comments, of which the place among the others stays, or all of it under the pseudonym"),
        watches: Count("watches on them as an author, ended"),
        downloads: Count("downloads of their works, removed with their files"),
        changed: Count("works and comments of others that named them, without that"),
        kept: Count("works and comments of others whose text holds their name, kept as written"),
      },
      { description: "what was done with works and comments" },
    ),
    recordings: Type.Object(
      { files: Type.Integer(), messages: Type.Integer(), frames: Type.Integer() },
      { description: "messages, and whole frames, that were taken out of raw recordings" },
    ),
    notReached: Type.Array(Type.String(), { description: "what holds them still" }),
  },
  { description: "of erase" },
);
const Names = (description: string) => Type.Array(Type.String(), { description });
const FoundPersonSchema = Type.Object(
  {
    found: Nullable(
      Type.Object(
        {
          identity: Type.Object(
            {
              ids: Names("their ids (uid)"),
              secUids: Names("sec_uid"),
              displayIds: Names("visible numbers"),
              webcastUids: Names("ids of live rooms"),
              nicknames: Names("nicknames"),
              byName: Type.Boolean({ description: "nothing but a nickname tells who they are" }),
            },
            { description: "what they are known by" },
          ),
          erased: Count("their own events"),
          dropped: Count("ranks, notices and unknown messages that name them"),
          changed: Count("events that name them, and would be changed"),
          kept: Count("chats of others that name them, and would stay"),
          works: Type.Object({ works: Type.Integer(), comments: Type.Integer(), watches: Type.Integer() }),
        },
        { description: "null if no such person is known" },
      ),
    ),
  },
  { description: "of erase with `look`" },
);
const Counts = (description: string) => Type.Record(Type.String(), Type.Integer(), { description });
const DriftSchema = Type.Object(
  { methods: Counts("unknown methods"), fields: Counts("unknown fields"), failures: Counts("unreadable"), overflow: Type.Integer() },
  { description: "what was not understood, by what it is" },
);
const ImportedSchema = Type.Object(
  {
    broadcasts: Type.Array(
      Type.Object({
        room: Type.String({ description: "the room's id here" }),
        kind: Type.String(),
        messages: Type.Integer(),
        events: Count("events that are new"),
        drops: Counts("messages that gave no event, by reason"),
        skipped: Count("damaged records that were passed over"),
        lostBytes: Count("bytes at the end that could not be read"),
      }),
    ),
    refused: Count("events that the store refused"),
    drift: DriftSchema,
  },
  { description: "of import" },
);
const DecodedSchema = Type.Object(
  {
    sessions: Type.Array(Type.String(), { description: "room_ids of the broadcasts in the recordings" }),
    messages: Count("messages in the recordings"),
    replaced: Count("events that say something else now"),
    regifted: Count("gifts whose units were counted again"),
    appended: Count("events of messages that gave none before"),
    erased: Count("events that the person was taken out of: they stay as they are"),
    refused: Count("events that the store refused"),
    lostBytes: Count("bytes of the recordings that could not be read"),
    drift: DriftSchema,
  },
  { description: "of redecode" },
);
const DeletedSchema = Type.Object(
  {
    events: Count("events that were removed"),
    sessions: Count("broadcasts of which statistics were removed"),
    recordings: Type.Object(
      { files: Type.Integer(), bytes: Type.Integer() },
      { description: "raw recordings of this process that were removed" },
    ),
    notReached: Type.Array(Type.String(), { description: "what holds it still" }),
  },
  { description: "of delete" },
);

/** Outcome of erasing one person's traces. */
export type ErasedPerson = ReadonlyDeep<Static<typeof ErasedSchema>>;
/** Person who would be erased, and how much is kept of them. */
export type PersonLook = ReadonlyDeep<Static<typeof FoundPersonSchema>>;
/** Outcome of decoding recordings again. */
export type DecodedAnew = ReadonlyDeep<Static<typeof DecodedSchema>>;
/** Outcome of deleting a room or a broadcast. */
export type DeletedThing = ReadonlyDeep<Static<typeof DeletedSchema>>;
/** Outcome of an import. */
export type ImportedFile = ReadonlyDeep<Static<typeof ImportedSchema>>;

/** Long work that was asked for. */
export const TaskSchema = Type.Object(
  {
    id: Type.String(),
    kind: Type.Enum([...TASK_KINDS]),
    room: Nullable(Type.String(), "the room's id here; null: all rooms"),
    state: Type.Enum([...TASK_STATES]),
    startedAt: Type.Integer({ description: "ms UTC" }),
    endedAt: Nullable(Type.Integer(), "ms UTC"),
    progress: Nullable(Type.Object({ what: Type.String(), count: Type.Integer() }), "how far it is"),
    result: Type.Union([ErasedSchema, FoundPersonSchema, DecodedSchema, DeletedSchema, ImportedSchema, Type.Null()], {
      description: "what came of it",
    }),
    error: Nullable(
      Type.Object({ code: Type.String(), message: Type.String(), hint: Type.String() }, { description: "why it failed, as in refusals" }),
    ),
  },
  { $id: "Task", description: "long work on what is kept" },
);
export const TaskListSchema = Type.Object(
  { tasks: Type.Array(Type.Ref("Task")) },
  { $id: "TaskList", description: "tasks since the server was started, newest first; the last 50" },
);
