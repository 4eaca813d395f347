import { Child, measuredCore, pinning } from "../child.js";
import { claimRatio } from "../claims.js";
import { interleave, median, medianRatio, summary } from "../rounds.js";
import type { Opened, Question, Took } from "./server.js";
import type { Received, SinkQuestion } from "./sink.js";

// From the log to 1,000 readers of one room: deliveries per CPU second of the serving process, at 5,000 events a second. With --rooms=20: the
// same events spread over so many rooms, to 200 readers of all of them (a token may hold 5,000 rooms of connections).
const quick = process.argv.includes("--quick");
const rooms = Number(process.argv.find((option) => option.startsWith("--rooms="))?.slice(8) ?? 1);
const CASES = ["dylive ws", "dylive sse", "ws.send(string)"] as const;
type Case = (typeof CASES)[number];
const READERS = rooms === 1 ? 1_000 : 200;
const EVENTS_PER_SECOND = 5_000;
/** Events of a batch: 20 ms of them, the most that coalescing waits for. */
const SIZE = 100;
const everyMs = (1000 * SIZE) / EVENTS_PER_SECOND;
/** A heartbeat may come in between, which only dylive has: a ping and how far the reader has come. The smallest event has more. */
const HEARTBEAT_BYTES = 100;
const rounds = quick ? 4 : 8;
const batches = quick ? 25 : 50;

const sink = new Child(new URL("sink.js", import.meta.url), [], 0);
const askSink = <A>(question: SinkQuestion) => sink.ask<A>(question);
const servers = Object.fromEntries(
  CASES.map((name) => [
    name,
    new Child(new URL("server.js", import.meta.url), [name === "ws.send(string)" ? "naive" : "dylive", String(rooms)], measuredCore()),
  ]),
) as Record<Case, Child>;
const sides = {} as Record<Case, number>;
const wall = Object.fromEntries(CASES.map((name) => [name, [] as number[]])) as Record<Case, number[]>;
let meanBytes = 0;
for (const name of CASES) {
  const opened = await servers[name].ask<Opened>({ what: "open" } satisfies Question);
  meanBytes = opened.meanBytes;
  sides[name] = await askSink<number>({ what: "connect", side: name === "dylive sse" ? "sse" : "ws", to: opened, readers: READERS });
}

async function deliver(name: Case): Promise<{ took: Took; received: Received }> {
  const took = await servers[name].ask<Took>({ what: "deliver", batches, size: SIZE, everyMs } satisfies Question);
  // What is still on its way.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const received = await askSink<Received>({ what: "received", side: sides[name] });
  if (Math.max(...received.bytes) - Math.min(...received.bytes) > HEARTBEAT_BYTES)
    throw new Error(`${name}: not every reader was given the same: ${[...new Set(received.bytes)].slice(0, 5)}`);
  if ((received.bytes[0] ?? 0) < batches * SIZE * meanBytes * 0.9) throw new Error(`${name}: only ${received.bytes[0]} bytes came`);
  return { took, received };
}

const [ours, theirs] = [(await deliver("dylive ws")).received, (await deliver("ws.send(string)")).received];
const differ = Math.abs((ours.bytes[0] ?? 0) - (theirs.bytes[0] ?? 0)) > HEARTBEAT_BYTES;
// Of several rooms, what comes together depends on the moment: the events are the same, the messages need not be.
const same = rooms === 1 ? ours.texts === theirs.texts && ours.messages === batches && !differ : ours.hash === theirs.hash;
if (!same) {
  console.error(
    `The outputs differ, so nothing is measured: ${JSON.stringify([ours, theirs].map(({ messages, hash, bytes }) => ({ messages, hash, bytes: bytes[0] })))}`,
  );
  process.exit(1);
}
console.log(
  rooms === 1
    ? `outputs: ${ours.messages} messages of ${SIZE} events (mean ${meanBytes} B) are equal, byte for byte, for each of ${READERS} readers`
    : `outputs: the ${batches * SIZE} events (mean ${meanBytes} B) of ${rooms} rooms are equal for each of ${READERS} readers`,
);
await deliver("dylive sse");
const rates = await interleave(CASES, rounds, async (name) => {
  // The one of the sse side that would parse is not there.
  const readers = name === "dylive sse" ? READERS - 1 : READERS;
  const { took } = await deliver(name);
  wall[name].push((batches * SIZE) / took.wallSeconds);
  return (readers * batches * SIZE) / took.cpuSeconds;
});
for (const child of [sink, ...Object.values(servers)]) child.end();

console.log(`deliveries per CPU second, median of ${rounds} rounds of ${batches} batches and range; ${pinning()}, the readers on CPU 0`);
for (const name of CASES)
  console.log(
    `${name.padEnd(16)} ${summary(rates[name]).padEnd(32)} at ${Math.round(median(wall[name]))} events/s to ${READERS} readers by the wall clock`,
  );
const of = rooms === 1 ? "one room to 1,000 readers" : `${rooms} rooms to ${READERS} readers`;
const delivered = (name: Case, rival: Case, atLeast: number | null) =>
  claimRatio(`${of}, deliveries per CPU second: ${name} against ${rival}`, rival, medianRatio(rates[name], rates[rival]), atLeast);
delivered("dylive ws", "ws.send(string)", rooms === 1 ? 7 : null);
delivered("dylive sse", "ws.send(string)", rooms === 1 ? null : 3);
delivered("dylive sse", "dylive ws", rooms === 1 ? 0.9 : null);
