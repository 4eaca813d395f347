import type { JobDesk } from "./jobs.js";
import type { Turn } from "./paced.js";
import type { TaskName, Tasks } from "./tasks.js";

/**
 * Does a task where jobs are done, step by step.
 * @throws DyliveError whatever the task throws; the signal's reason
 */
export async function doTask<N extends TaskName>(
  desk: JobDesk,
  name: N,
  ask: Tasks[N]["ask"],
  onProgress: (...told: Parameters<Turn>) => void,
  signal: AbortSignal,
): Promise<Tasks[N]["result"]> {
  const id = await desk.run("task.open", [name, ask]);
  try {
    for (;;) {
      signal.throwIfAborted();
      const pace = await desk.run("task.next", [id]);
      if ("result" in pace) return pace.result as Tasks[N]["result"];
      onProgress(pace.progress.what, pace.progress.count);
    }
  } finally {
    await desk.run("task.close", [id]).catch(() => {}); // the thread may have ended, and the task with it
  }
}
