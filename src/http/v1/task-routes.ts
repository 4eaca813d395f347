import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { assertPerson } from "../../erasure/identity.js";
import { DyliveError } from "../../runtime/errors.js";
import type { ApiDeps } from "../api-deps.js";
import { tokenOf } from "../authentication.js";
import type { MaintenanceService } from "../maintenance-service.js";
import { roomOf } from "../streams/named-room.js";
import { exactly, RoomParams } from "./fields.js";
import { broadcastId } from "./session-found.js";
import { taskAnswer } from "./task-schemas.js";

const tags = ["tasks"];
const config = { scope: "admin" } as const;
const TaskParams = exactly({ task: Type.String({ pattern: "^[0-9]{1,15}$", description: "the id of the task" }) });
const Person = exactly({
  user: Type.String({ minLength: 1, maxLength: 200, description: "their id (uid), sec_uid, visible number or nickname" }),
  pseudonym: Type.Boolean({ default: false, description: "keep what they did, under a name that says nothing" }),
});
const Broadcast = exactly({
  session: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: "room_id of the broadcast, or `latest`; all of the room by default" }),
  ),
});

/** Registers the routes of long work on what is kept: begin, look, stop. */
export function taskRoutes(app: FastifyInstance, { tasks, maintenance, logger, store }: ApiDeps): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();

  typed.post(
    "/erase",
    {
      schema: {
        summary: "Take one person out of everything that is kept",
        description: "A task: GET /v1/tasks/{task} says how far it is and what it cannot reach. See docs/data.md.",
        tags,
        body: Person,
        response: { 202: Type.Ref("Task") },
      },
      config,
    },
    async (request, reply) => {
      const { user, pseudonym } = request.body;
      assertPerson(user);
      const known = menderOf(maintenance);
      const task = tasks.start("erase", null, (turn, signal) => known.erase(user, pseudonym, turn, signal));
      // Not whom: the log would remember them.
      logger.info({ task: task.id, by: tokenOf(request).id }, "the erasure of a person was started");
      return reply.status(202).send(taskAnswer(task));
    },
  );

  typed.post(
    "/rooms/:room/redecode",
    {
      schema: {
        summary: "Decode the raw recordings of a room again, with this version's decoders",
        description: "A task: GET /v1/tasks/{task} says how far it is. Every seq and id is kept. See docs/exports.md.",
        tags,
        params: RoomParams,
        body: Broadcast,
        response: { 202: Type.Ref("Task") },
      },
      config,
    },
    async (request, reply) => {
      const { room, sessionId } = await roomOf(store.rooms, request);
      const asked = request.body.session;
      const session = asked === undefined ? sessionId : await broadcastId(store.sessions, room, asked);
      const known = menderOf(maintenance);
      await known.assertRecorded(room, session);
      const task = tasks.start("redecode", room, (turn, signal) => known.redecode(room, session, turn, signal));
      logger.info({ task: task.id, room, session, by: tokenOf(request).id }, "decoding recordings again was started");
      return reply.status(202).send(taskAnswer(task));
    },
  );

  typed.get(
    "/tasks",
    {
      schema: { summary: "Tasks since the server was started", tags, querystring: exactly({}), response: { 200: Type.Ref("TaskList") } },
      config,
    },
    async () => ({ tasks: tasks.list().map(taskAnswer) }),
  );

  typed.get(
    "/tasks/:task",
    {
      schema: { summary: "How far a task is, and what came of it", tags, params: TaskParams, response: { 200: Type.Ref("Task") } },
      config,
    },
    async (request) => taskAnswer(found(request.params.task)),
  );

  typed.delete(
    "/tasks/:task",
    {
      schema: {
        summary: "Stop a task; what it has done stays done, and it can be started again",
        tags,
        params: TaskParams,
        response: { 200: Type.Ref("Task") },
      },
      config,
    },
    async (request) => {
      const task = found(request.params.task);
      await tasks.stop(task.id);
      return taskAnswer(task);
    },
  );

  function found(id: string) {
    const task = tasks.get(id);
    if (task === null) throw new DyliveError("not_found", `there is no task ${id} since the server was started`);
    return task;
  }
}

function menderOf(maintenance: MaintenanceService | null): MaintenanceService {
  if (maintenance === null) throw new DyliveError("not_found", "this server offers no maintenance");
  return maintenance;
}
