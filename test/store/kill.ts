import { createInterface } from "node:readline";
import { expect } from "vitest";
import { catchUp } from "../../src/statistics/reader.js";
import { checkStore } from "../../src/store/check.js";
import { integrityOf } from "../../src/store/sqlite/copy.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { plainWords } from "../statistics/plain-words.js";
import { startChild } from "./child/spawn.js";

/**
 * Kills a process that does everything to one store, again and again at a random moment, and checks the whole store after each kill: the file,
 * the log, the index, the statistics, and that nothing that was acknowledged is missing.
 */
export async function killBusy(path: string, kills: number): Promise<{ readonly events: number }> {
  let head = 0;
  for (let kill = 0; kill < kills; kill++) {
    const child = await startChild("busy.ts", path);
    let acknowledged = head;
    const lines = createInterface({ input: child.process.stdout });
    const begun = new Promise<void>((resolve) =>
      lines.on("line", (line) => {
        acknowledged = (JSON.parse(line) as { head: number }).head;
        resolve();
      }),
    );
    await Promise.race([begun, child.exited]);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
    child.process.kill("SIGKILL");
    await child.exited;
    expect(integrityOf(path)).toEqual([]);
    const store = openSqliteStore({ path });
    expect(await checkStore(store)).toEqual([]);
    const room = await store.rooms.ensure([{ kind: "web_rid", value: "busy" }]);
    const now = (await store.log.heads([room])).get(room)?.head ?? 0;
    expect(now).toBeGreaterThanOrEqual(acknowledged);
    head = now;
    if (kill === kills - 1) {
      await catchUp(store, plainWords);
      expect(await checkStore(store)).toEqual([]);
    }
    await store.close();
  }
  return { events: head };
}
