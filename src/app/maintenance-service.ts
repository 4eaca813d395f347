import { eraseEverywhere, unreached } from "../erasure/everywhere.js";
import type { MaintenanceService, Turn } from "../http/maintenance-service.js";
import { recordingsOf } from "../ingest/redecode.js";
import type { JobExecutor } from "../jobs/jobs.js";
import type { Tasks } from "../jobs/tasks.js";
import { rawFolder } from "../sources/raw/files.js";
import type { RawRecorder } from "../sources/raw/recorder.js";

interface MaintenanceServiceDeps {
  readonly jobs: JobExecutor;
  readonly raw: Pick<RawRecorder, "rotate">;
  /** Absolute path of the data folder. */
  readonly data: string;
  /** Whether other processes keep recordings in folders of their own. */
  readonly elsewhere: boolean;
}

/** Returns the maintenance service: long work on what is kept, done by the worker thread. */
export function maintenanceService({ jobs, raw, data, elsewhere }: MaintenanceServiceDeps): MaintenanceService {
  const folder = rawFolder(data);
  const following = (turn: Turn, signal: AbortSignal) => ({
    signal,
    onNews: ({ what, count }: Tasks[keyof Tasks]["news"]) => turn(what, count),
  });
  return {
    erase: async (user, keep, turn, signal) => {
      const done = await eraseEverywhere(user, {
        log: () => jobs.run("task.erase", [{ user, keep }], following(turn, signal)),
        recordings: async (identity) => {
          // What was recorded up to now can be reached then.
          await raw.rotate();
          return jobs.run("task.eraseRaw", [{ folder, identity }], following(turn, signal));
        },
      });
      const { erased, dropped, changed, kept, pseudonym, rooms } = done;
      const { files, messages, frames } = done.recordings;
      return {
        ...{ erased, dropped, changed, kept },
        pseudonym: keep && pseudonym !== "" ? pseudonym : null,
        rooms: rooms.map(String),
        recordings: { files, messages, frames },
        notReached: unreached(data, done, elsewhere),
      };
    },
    assertRecorded: async (room, sessionId) => void (await recordingsOf(folder, room, sessionId)),
    redecode: async (room, sessionId, turn, signal) => {
      await raw.rotate();
      return jobs.run("task.redecode", [{ folder, room, sessionId }], following(turn, signal));
    },
  };
}
