import { expect } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import type { Log } from "../../src/store/log.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { until } from "../until.js";
import { answering, Receiver, verify } from "../webhooks/receiver.js";
import { chat, ran, scratch, serving } from "./command.js";
import { loadRoom } from "./load-room.js";

const ROOM = "200000001";

/**
 * Kills a server that delivers to a receiver which fails now and then, again and again, and proves that each event arrived, in order, with what
 * was sent again byte for byte the same.
 * @param options.messages about how many arrive between two kills
 * @returns figures
 */
export async function killWhileDelivering({
  load,
  kills,
  messages,
}: {
  readonly load: number;
  readonly kills: number;
  readonly messages: number;
}) {
  const dir = scratch();
  const env = { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0" };
  const simulator = await startSimulator({ rooms: [loadRoom(ROOM, load)] });
  const receiver = await Receiver.start();
  let n = 0;
  receiver.manner = (response, arrival) => {
    // Every third is taken after a while in which the server may die; every seventh is taken but the answer gets lost.
    n++;
    arrival.status = 200;
    if (n % 7 === 0) response.destroy();
    else if (n % 3 === 0) setTimeout(() => response.writeHead(200).end(), 30);
    else response.writeHead(200).end();
  };
  try {
    const token = (await ran(["token", "create", "--name", "t", "--scope", "admin"], env)).stdout.trim();
    const added = await ran(["hook", "add", receiver.url, "--allow-private", "--types", "*", "--max-events", "50"], env);
    const secret = added.stdout.trim();
    const id = /hook ([0-9a-f]{12}) /.exec(added.stderr)?.[1] ?? "";
    for (let round = 0; round <= kills; round++) {
      const { server, base } = await serving(env, ["--upstream", simulator.url]);
      await chat(base, { token, room_id: ROOM, limit: "1" }); // which makes the server watch the room
      const enough = receiver.arrivals.length + messages * (0.5 + Math.random());
      await until(() => receiver.arrivals.length >= enough);
      if (round < kills) {
        server.process.kill("SIGKILL");
        expect(await server.ended).toBe("SIGKILL");
        continue;
      }
      simulator.rooms.stall(ROOM);
      receiver.manner = answering(200);
      await ran(["hook", "resume", id], env);
      const store = openSqliteStore({ path: `${dir.path}/dylive.sqlite` });
      const heads = await until(async () => {
        const heads = await store.log.heads();
        const hook = await fetch(`${base}/v1/hooks/${id}`, { headers: { authorization: `Bearer ${token}` } });
        const { state, backlog } = (await hook.json()) as { readonly state: string; readonly backlog: number };
        return state === "active" && backlog === 0 && heads;
      }).finally(() => store.close());
      server.process.kill("SIGTERM");
      expect(await server.ended).toBe(0);
      const kept = openSqliteStore({ path: `${dir.path}/dylive.sqlite` });
      return await judgeArrivals(kept, receiver, secret, heads).finally(() => kept.close());
    }
    throw new Error("no round");
  } finally {
    await simulator.close();
    dir.remove();
  }
}

/**
 * What arrived, a message once for each id, is the log of every room: each event, in order, up to what had come when nothing was waiting any more;
 * a server that is busy or stops goes on storing.
 * @param due heads of the rooms just before nothing was waiting: all up to there arrived
 * @param first seq that a room's first message may begin with at most; 1: the hook was there before the room
 */
export async function judgeArrivals(
  { log }: { readonly log: Pick<Log, "read"> },
  { arrivals }: Receiver,
  secret: string,
  due: Awaited<ReturnType<Log["heads"]>>,
  first: (room: number) => number = () => 1,
) {
  const bodies = new Map<string, string>();
  const at = new Map<number, number>();
  const begun = new Map<number, number>();
  const events: string[] = [];
  let again = 0;
  for (const arrival of arrivals) {
    const { room, from, to } = arrival.body;
    const known = bodies.get(arrival.id);
    if (known !== undefined) {
      expect(arrival.text).toBe(known);
      again++;
      continue;
    }
    bodies.set(arrival.id, arrival.text);
    if (!at.has(room)) {
      begun.set(room, from);
      expect([arrival.id, from <= first(room)]).toEqual([arrival.id, true]);
    } else expect([arrival.id, from]).toEqual([arrival.id, (at.get(room) ?? 0) + 1]);
    at.set(room, to);
    for (const event of arrival.body.events) events.push(`${room}:${event.seq}:${event.id}`);
    if (Math.abs(Date.now() / 1000 - arrival.timestamp) < 290) expect(verify(secret, arrival)).toEqual(arrival.body);
  }
  const stored: string[] = [];
  for (const [room, { head }] of due) expect([room, (at.get(room) ?? 0) >= head]).toEqual([room, true]);
  for (const [room, last] of at)
    for (let after = (begun.get(room) ?? 1) - 1; after < last; ) {
      const page = await log.read(room, after, 5000);
      for (const event of page.events) if (event.seq <= last) stored.push(`${room}:${event.seq}:${event.id}`);
      after = page.scanned;
    }
  // Rooms side by side come in any order; within one the seqs were looked at above.
  expect(events.toSorted()).toEqual(stored.toSorted());
  return { stored: stored.length, messages: bodies.size, again };
}
