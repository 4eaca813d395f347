import { Type } from "typebox";
import { TASK_KINDS, TASK_STATES, type Task } from "../task-list.js";
import { Nullable } from "./fields.js";

const Count = (description: string) => Type.Integer({ description });

const Erased = Type.Object(
  {
    erased: Count("their own events, now tombstones"),
    dropped: Count("ranks, notices and unknown messages that named them, now tombstones"),
    changed: Count("events that named them, with another in their place"),
    kept: Count("chats of others that name them, kept as written"),
    pseudonym: Type.Union([Type.String(), Type.Null()], { description: "under which they are shown from now on" }),
    rooms: Type.Array(Type.String(), { description: "rooms in which events were changed" }),
    recordings: Type.Object(
      { files: Type.Integer(), messages: Type.Integer(), frames: Type.Integer() },
      { description: "messages, and whole frames, that were taken out of raw recordings" },
    ),
    notReached: Type.Array(Type.String(), { description: "what holds them still" }),
  },
  { description: "of erase" },
);
const DecodedAnew = Type.Object(
  {
    sessions: Type.Array(Type.String(), { description: "room_ids of the broadcasts in the recordings" }),
    messages: Count("messages in the recordings"),
    replaced: Count("events that say something else now"),
    regifted: Count("gifts whose units were counted again"),
    appended: Count("events of messages that gave none before"),
    erased: Count("events that somebody was taken out of: they stay as they are"),
    refused: Count("events that the store refused"),
    lostBytes: Count("bytes of the recordings that could not be read"),
  },
  { description: "of redecode" },
);

/** Long work that was asked for. */
export const TaskSchema = Type.Object(
  {
    id: Type.String(),
    kind: Type.Enum([...TASK_KINDS]),
    room: Type.Union([Type.String(), Type.Null()], { description: "the room's id here; null: all rooms" }),
    state: Type.Enum([...TASK_STATES]),
    startedAt: Type.Integer({ description: "ms UTC" }),
    endedAt: Type.Union([Type.Integer(), Type.Null()], { description: "ms UTC" }),
    progress: Type.Union([Type.Object({ what: Type.String(), count: Type.Integer() }), Type.Null()], { description: "how far it is" }),
    result: Type.Union([Erased, DecodedAnew, Type.Null()], { description: "what came of it" }),
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

/** Returns a task as v1 shows it. */
export function taskAnswer(task: Task) {
  return { ...task, room: task.room === null ? null : String(task.room) };
}
