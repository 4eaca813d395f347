import { expect } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { platformId } from "../../src/events/describe.js";
import type { LiveEvent } from "../../src/events/event.js";
import { check } from "../../src/store/check.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat, ran, scratch, serving } from "./command.js";
import { loadRoom } from "./load-room.js";

const ROOM = "200000001";

/**
 * Kills a server under load again and again, and proves that nothing delivered was lost.
 * @param options.events about how many are read between two kills
 * @returns figures
 */
export async function killUnderLoad({ load, kills, events }: Readonly<Record<"load" | "kills" | "events", number>>) {
  const dir = scratch();
  const env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0" };
  const simulator = await startSimulator({ rooms: [loadRoom(ROOM, load)] });
  try {
    const token = (await ran(["token", "create", "--name", "t"], env)).stdout.trim();
    const delivered: string[] = [];
    let cursor = "0";
    const poll = async (base: string) => {
      const answer = await chat(base, { token, room_id: ROOM, cursor, limit: "2000", wait: "1" }).catch(() => null);
      if (answer?.status !== 200) return false;
      cursor = answer.headers.get("x-next-cursor") ?? cursor;
      for (const event of answer.body.data) delivered.push(event.msg_id ?? event.tid ?? "");
      return answer.body.data.length > 0;
    };
    for (let round = 0; round <= kills; round++) {
      const { server, base } = await serving(env, ["--upstream", simulator.url]);
      const enough = delivered.length + events * (0.5 + Math.random());
      while (delivered.length < enough) await poll(base);
      if (round < kills) {
        server.process.kill("SIGKILL");
        expect(await server.ended).toBe("SIGKILL");
        continue;
      }
      simulator.rooms.stall(ROOM);
      while (await poll(base));
      server.process.kill("SIGTERM");
      expect(await server.ended).toBe(0);
    }
    expect(await ran(["check"], env)).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });
    return { ...(await judge(dir.path, delivered)), delivered: delivered.length };
  } finally {
    await simulator.close();
    dir.remove();
  }
}

/** What a reader with its own cursor got is exactly what the log shows, in its order; the log has no hole and no id twice. */
async function judge(data: string, delivered: readonly string[]): Promise<{ stored: number; gifts: number }> {
  const store = openSqliteStore({ path: `${data}/dylive.sqlite` });
  try {
    const room = await store.rooms.find({ kind: "web_rid", value: ROOM });
    expect(room).not.toBeNull();
    const ids: string[] = [];
    const shown: string[] = [];
    let gifts = 0;
    for (let after = 0; ; ) {
      const page = await store.log.readRoom(room ?? 0, after, 5000);
      for (const event of page.events) {
        expect(event.seq).toBe(ids.length + 1);
        ids.push(event.id);
        if (isShown(event)) shown.push(platformId(event) ?? "0");
        if (event.type === "gift") gifts++;
      }
      after = page.scanned;
      if (after >= page.head) break;
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(delivered.length).toBe(shown.length);
    expect(delivered).toEqual(shown);
    expect(await check(store.log)).toEqual([]);
    return { stored: ids.length, gifts };
  } finally {
    await store.close();
  }
}

/** Whether the compatible interface gives an event, by default. */
function isShown(event: LiveEvent): boolean {
  if (event.type === "like") return event.count > 0;
  if (event.type === "gift") return event.delta > 0;
  return ["chat", "join", "follow", "share"].includes(event.type);
}
