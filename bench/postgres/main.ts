import pg from "pg";
import { claim, claimRatio } from "../claims.js";
import { interleave, median, medianRatio, summary } from "../rounds.js";
import { Appends } from "./append.js";
import { Supply } from "./events.js";
import { feedLags } from "./feed.js";
import { Rooms } from "./rooms.js";
import { startPostgres } from "./server.js";

// PostgreSQL as the store of many machines: appends that are on disk, how soon others read them, and what more rooms cost.
const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 3 : 9;
const FLUSHES = quick ? 4 : 12;
const LAG_SECONDS = quick ? 5 : 15;
const RATES = quick ? [2000] : [500, 2000, 5000];
const COUNTS = quick ? [10, 100, 1000] : [10, 50, 200, 1000, 2000, 5000];
const CURVE_FLUSHES = quick ? 10 : 40;

const server = await startPostgres({ durable: true, settings: ["shared_buffers=512MB", "max_wal_size=4GB", "wal_level=replica"] });
try {
  const database = async (name: string) => {
    const client = new pg.Client({ connectionString: `${server.url}/postgres` });
    await client.connect();
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    return `${server.url}/${name}`;
  };
  const supply = await Supply.open();

  const appends = await Appends.open(await database("appends"), supply);
  await appends.ours(2);
  await appends.batches(2);
  const rates = await interleave(["ours", "rows", "batches"] as const, ROUNDS, (name) =>
    // Row by row takes far longer: fewer of them.
    name === "rows" ? appends.rows(1) : appends[name](FLUSHES),
  );
  await appends.close();
  console.log(
    `events per second, on disk when answered; 4 writers, 500 events of 25 rooms in a flush; median of ${ROUNDS} rounds and range`,
  );
  console.log(`dylive (seq without gaps, fenced, every id once)  ${summary(rates.ours)}`);
  console.log(`many rows a statement, no seq, no fence           ${summary(rates.batches)}`);
  console.log(`one row a statement                               ${summary(rates.rows)}`);

  const lags: string[] = [];
  for (const perSecond of RATES) {
    const sorted = await feedLags(await database(`feed_${perSecond}`), supply, perSecond, LAG_SECONDS);
    const at = (share: number) => `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]} ms`;
    lags.push(`${perSecond} a second: p50 ${at(0.5)}, p99 ${at(0.99)}`);
    console.log(
      `from receipt to another process, ${perSecond} events a second in 50 rooms, ${sorted.length} events: ` +
        `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`,
    );
  }

  const rooms = await Rooms.open(await database("rooms"), supply);
  const curve: number[] = [];
  console.log("events per second of one writer as rooms grow, 500 events in a flush, spread over all rooms");
  for (const count of COUNTS) {
    await rooms.grow(count);
    await rooms.rate(3);
    const measured: number[] = [];
    for (let round = 0; round < 5; round++) measured.push(await rooms.rate(CURVE_FLUSHES));
    curve.push(median(measured));
    console.log(`${String(count).padStart(5)} rooms  ${summary(measured)}`);
  }
  await rooms.close();
  const appended = (what: string, rival: "rows" | "batches", atLeast: number | null) =>
    claimRatio(
      `PostgreSQL, appends on disk a second, against ${what}`,
      "plain inserts, no seq, no fence",
      medianRatio(rates.ours, rates[rival]),
      atLeast,
    );
  appended("one row a statement", "rows", null);
  appended("many rows a statement", "batches", 0.9);
  claim({ what: "PostgreSQL, from receipt to a reader in another process", figure: lags.at(-1) ?? "", rival: null, asked: null });
  const cost = (curve[0] ?? 0) / (curve.at(-1) ?? 1);
  claimRatio(`PostgreSQL, what an event costs in ${COUNTS.at(-1)} rooms`, `the same in ${COUNTS[0]} rooms`, cost, null);
} finally {
  await server.remove();
}
