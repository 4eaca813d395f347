import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { assertPerson, assertTyped } from "../../erasure/identity.js";
import type { RoomState } from "../../health/state.js";
import { reasonIn } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { RoomKey } from "../../store/log.js";
import { roomNames, sessionNames } from "../../store/rooms.js";
import type { Deletion } from "../../store/sql/deletions.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import { errorWords, languageAsked } from "../failure.js";
import { roomOf } from "../streams/named-room.js";
import type { MaintenanceService, Task } from "../task-list.js";
import { OPERATOR } from "../tokens.js";
import { RoomParams, TextOf } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";
import { broadcastId, SessionParams, sessionOf } from "./session-routes.js";
import { TaskListSchema, TaskSchema } from "./task-schemas.js";

const TaskParams = exactly({ task: Type.String({ pattern: "^[0-9]{1,15}$", description: "the id of the task, up to 15 digits" }) });
const Person = exactly({
  user: TextOf(200, "their id (uid), sec_uid, visible number or nickname"),
  pseudonym: Type.Boolean({ default: false, description: "keep what they did, under a name that says nothing" }),
  look: Type.Boolean({ default: false, description: "erase nothing: the result says who would be erased, and how much" }),
});
const ImportFile = exactly({
  file: TextOf(4_096, "absolute path of a recording, a HAR or a capture on this machine"),
});
const Broadcast = exactly({
  session: Type.Optional(TextOf(64, "room_id of the broadcast, or `latest`; all of the room by default")),
});

const Typed = exactly({
  name: TextOf(
    1000,
    "what it is called, typed to confirm: a room's title, anchor, number or id here; a broadcast's title or room_id. Blanks and signs that show nothing do not count; a name that shows nothing, or is longer than 100 characters, is none",
  ),
});
/** States of a room in which something of it may be received at any moment. */
const BUSY: ReadonlySet<RoomState> = new Set<RoomState>(["connecting", "live", "stalled", "blocked"]);

/** Registers the routes of long work on what is kept: begin, look, stop. */
export function taskRoutes(app: FastifyInstance, { tasks, maintenance, logger, store, rooms, sidecars }: ApiDeps): void {
  addSchemas(app, TaskSchema, TaskListSchema);
  const routes = routesOf(app, { tags: ["tasks"], scope: "admin" });

  routes.post(
    "/erase",
    {
      summary: "Take one person out of everything that is kept",
      description: "A task: GET /v1/tasks/{task} says how far it is and what it cannot reach. See docs/data.md.",
      body: Person,
      answer: { 202: "Task" },
    },
    async (request) => {
      const { user, pseudonym, look } = request.body;
      assertPerson(user);
      const known = menderOf(maintenance);
      const task = tasks.start("erase", null, (turn, signal) =>
        look ? known.find(user, turn, signal) : known.erase(user, pseudonym, turn, signal),
      );
      if (look) return taskAnswer(request, task);
      // Not whom: the log would remember them.
      logger.info({ task: task.id, by: tokenOf(request).id }, "the erasure of a person was started");
      return taskAnswer(request, task);
    },
  );

  routes.post(
    "/imports",
    {
      summary: "Import a file of this machine: a recording, a HAR or a capture",
      description: "A task, for the machine's own user alone: `dylive import` asks for it over the local socket.",
      body: ImportFile,
      answer: { 202: "Task" },
    },
    async (request) => {
      if (tokenOf(request).id !== OPERATOR.id)
        throw new DyliveError("forbidden", "a file of the server's machine is named by `dylive import` alone, which runs there");
      const known = menderOf(maintenance);
      const { file } = request.body;
      const task = tasks.start("import", null, (turn, signal) => known.import(file, turn, signal));
      return taskAnswer(request, task);
    },
  );

  routes.post(
    "/rooms/:room/redecode",
    {
      summary: "Decode the raw recordings of a room again, with this version's decoders",
      description: "A task: GET /v1/tasks/{task} says how far it is. Every seq and id is kept. See docs/exports.md.",
      params: RoomParams,
      body: Broadcast,
      answer: { 202: "Task" },
    },
    async (request) => {
      const { room, sessionId } = await roomOf(store.rooms, request);
      const asked = request.body.session;
      const session = asked === undefined ? sessionId : await broadcastId(store.sessions, room, asked);
      const known = menderOf(maintenance);
      await known.assertRecorded(room, session);
      const task = tasks.start("redecode", room, (turn, signal) => known.redecode(room, session, turn, signal));
      logger.info({ task: task.id, room, session, by: tokenOf(request).id }, "decoding recordings again was started");
      return taskAnswer(request, task);
    },
  );

  /** Deletion that was begun last: a second request for it at the same time gets it, too. */
  let last: { readonly task: Task; readonly room: RoomKey; readonly session: string | null; readonly begun: Promise<unknown> } | null =
    null;

  /** Begins to delete something, before it is answered, and removes what is kept of it as a task. */
  async function deleting(request: FastifyRequest, room: RoomKey, session: string | null, begin: () => Promise<Deletion>): Promise<Task> {
    const known = menderOf(maintenance);
    if (last?.task.state === "running" && last.room === room && last.session === session) {
      await last.begun;
      return last.task;
    }
    let begun: Promise<Deletion> | undefined;
    const task = tasks.start("delete", room, async (turn, signal) => {
      begun = begin();
      return known.delete(await begun, turn, signal);
    });
    last = { task, room, session, begun: Promise.resolve(begun) };
    try {
      await begun;
    } catch (error) {
      tasks.forget(task.id);
      throw error;
    }
    logger.info({ task: task.id, room, session, by: tokenOf(request).id }, "a room or a broadcast was deleted");
    return task;
  }

  routes.post(
    "/rooms/:room/delete",
    {
      summary: "Delete a room with all that is kept of it; it is collected no more",
      description:
        "For good. When this is answered the room is gone; a task removes what is kept: GET /v1/tasks/{task} says how far it is. See docs/data.md.",
      params: RoomParams,
      body: Typed,
      answer: { 202: "Task" },
    },
    async (request) => {
      const { room } = await roomOf(store.rooms, request);
      const { row, aliases } = await rooms.view(room);
      assertTyped(request.body.name, roomNames(row, aliases));
      const task = await deleting(request, room, null, async () => {
        await rooms.pause(room);
        for (const one of sidecars?.list() ?? []) if (one.room === room) await sidecars?.remove(one.id);
        return store.deletions.ofRoom(room);
      });
      return taskAnswer(request, task);
    },
  );

  routes.post(
    "/rooms/:room/sessions/:session/delete",
    {
      summary: "Delete a broadcast with its events, statistics and recordings",
      description:
        "For good, as a task: GET /v1/tasks/{task} says how far it is. One that is being collected is `in_use`. See docs/data.md.",
      params: SessionParams,
      body: Typed,
      answer: { 202: "Task" },
    },
    async (request) => {
      const { room, session } = await sessionOf(store, request);
      assertTyped(request.body.name, sessionNames(session));
      const { status } = await rooms.view(room);
      if (status !== null && status.sessionId === session.sessionId && BUSY.has(status.state))
        throw new DyliveError("in_use", "the broadcast is being collected: pause the room first");
      const task = await deleting(request, room, session.sessionId, () => store.deletions.ofSession(room, session.sessionId));
      return taskAnswer(request, task);
    },
  );

  routes.get("/tasks", { summary: "Tasks since the server was started", answer: "TaskList" }, async (request) => ({
    tasks: tasks.list().map((task) => taskAnswer(request, task)),
  }));

  routes.get("/tasks/:task", { summary: "How far a task is, and what came of it", params: TaskParams, answer: "Task" }, async (request) =>
    taskAnswer(request, found(request.params.task)),
  );

  routes.delete(
    "/tasks/:task",
    { summary: "Stop a task; what it has done stays done, and it can be started again", params: TaskParams, answer: "Task" },
    async (request) => {
      const task = found(request.params.task);
      await tasks.stop(task.id);
      return taskAnswer(request, task);
    },
  );

  function found(id: string) {
    const task = tasks.get(id);
    if (task === null) throw new DyliveError("not_found", msg`there is no task ${id} since the server was started`);
    return task;
  }
}

function menderOf(maintenance: MaintenanceService | null): MaintenanceService {
  if (maintenance === null) throw new DyliveError("not_offered", "this server offers no maintenance");
  return maintenance;
}

/** Returns a task as v1 shows it, in the language in which it was asked for. */
function taskAnswer(request: FastifyRequest, { room, progress, result, error, ...task }: Task) {
  const language = languageAsked(request);
  const words = (text: string) => reasonIn(language, text);
  return {
    ...task,
    room: room === null ? null : String(room),
    progress: progress === null ? null : { ...progress, what: words(progress.what) },
    result: result !== null && "notReached" in result ? { ...result, notReached: result.notReached.map(words) } : result,
    error: error === null ? null : errorWords(error.code, error.said, language),
  };
}
