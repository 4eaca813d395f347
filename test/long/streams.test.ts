// Guards: a server holds 10,000 idle streams.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ran } from "../e2e/command.js";
import { programOf } from "../store/child/spawn.js";
import { besieged } from "./besieged.js";
import { measured } from "./measured.js";
import type { StreamOrders } from "./streams.js";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** A stream of one room counts as two of the 5,000 that a token may hold. */
const TOKENS = 4;
const STREAMS = 2_500;
/** Two heartbeats. */
const IDLE_MS = 32_000;

it("holds 10,000 idle streams of authenticated clients", async () => {
  const one = await besieged(0.01);
  const { target, watch, server, env } = one;
  await watch.settled();
  const { mostMb: before } = await watch.seen();
  const tokens: string[] = [];
  for (let n = 0; n < TOKENS; n++) tokens.push((await ran(["token", "create", "--name", `t${n}`], env)).stdout.trim());
  const orders: StreamOrders = { base: target.base, room: target.room, tokens, streams: STREAMS };
  const clients = fork(await programOf(at("streams.ts")), [JSON.stringify(orders)]);
  const began = Date.now();
  const [opened] = await once(clients, "message");
  const openMs = Date.now() - began;
  const opening = await watch.seen();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const idle = await watch.seen();
  clients.send("count");
  const [left] = await once(clients, "message");
  clients.kill("SIGKILL");
  expect([opened, left]).toEqual([TOKENS * STREAMS, TOKENS * STREAMS]);
  expect(server.process.exitCode).toBeNull();
  const each = (((idle.mostMb - before) * 1_024) / (TOKENS * STREAMS)).toFixed(1);
  const figures = `opened in ${(openMs / 1000).toFixed(1)} s (health within ${opening.healthMs} ms, beside it of a server that does nothing ${opening.idleMs} ms); then two heartbeats long: memory ${idle.mostMb} MB, ${each} KB a stream, health within ${idle.healthMs} ms (${idle.idleMs} ms)`;
  console.log(figures);
  measured("10,000 idle SSE streams of four tokens", figures);
  await one.end();
});
