import { mkdirSync, rmSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import type { SearchAsk, SearchPlace } from "../../src/log/search.js";
import { openSqliteStore } from "../../src/log/sqlite/store.js";
import { median } from "../rounds.js";
import { BusyRoom, RARE } from "./room.js";

// Searching what is kept: our index against a plain table of JSON texts and LIKE, on the same events in the same run.
const quick = process.argv.includes("--quick");
const SEED = "search";
const asked = process.argv.find((one) => one.startsWith("--events="))?.slice("--events=".length);
const EVENTS = asked !== undefined ? Number(asked) : quick ? 200_000 : 10_000_000;
const BATCH = 2000;
const ROUNDS = quick ? 5 : 9;
const FOLDER = ".tmp/bench/search";
const PAGE = 50;

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const ours = `${FOLDER}/ours.sqlite`;
const theirs = `${FOLDER}/plain.sqlite`;
const store = openSqliteStore({ path: ours });
const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
const epoch = await store.rooms.claim(room);
const plain = new Database(theirs);
plain.pragma("journal_mode = WAL");
plain.pragma("synchronous = FULL");
plain.exec(
  "CREATE TABLE events(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT, user_id TEXT, time INTEGER, diamonds INTEGER, text TEXT, body TEXT)",
);
const insert = plain.prepare("INSERT OR IGNORE INTO events(id, type, user_id, time, diamonds, text, body) VALUES (?, ?, ?, ?, ?, ?, ?)");

const busy = new BusyRoom(SEED, room);
const took = { ours: 0, plain: 0, index: 0 };
/** Adds the time that some work takes. */
async function timed(what: keyof typeof took, work: () => unknown): Promise<void> {
  const began = performance.now();
  await work();
  took[what] += performance.now() - began;
}
for (let made = 0; made < EVENTS; made += BATCH) {
  const events = busy.next(BATCH);
  await timed("ours", () => store.log.append([{ room, epoch, events }]));
  await timed("plain", () => {
    plain.exec("BEGIN");
    for (const event of events)
      insert.run(
        event.id,
        event.type,
        "user" in event ? (event.user?.id ?? null) : null,
        event.time,
        "diamonds" in event ? event.diamonds : null,
        event.type === "chat" ? event.text : null,
        JSON.stringify(event),
      );
    plain.exec("COMMIT");
  });
  await timed("index", async () => {
    while (await store.search.advance(room));
  });
}
const inspected = new Database(ours, { readonly: true });
const indexBytes = Number(inspected.prepare("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'search%' OR name = 'blocks'").pluck().get());
const allBytes = Number(inspected.prepare("SELECT sum(pgsize) FROM dbstat").pluck().get());
inspected.close();
const rate = (ms: number) => `${(EVENTS / ms).toFixed(0)} k events/s`;
console.log(`${EVENTS} events, seed ${SEED}; every part by the wall clock, on this machine as it is`);
console.log(`append: dylive ${rate(took.ours)}, plain table ${rate(took.plain)}; making the index: ${rate(took.index)}`);
console.log(
  `size per event: ${((allBytes - indexBytes) / EVENTS).toFixed(0)} B of events, ${(indexBytes / EVENTS).toFixed(1)} B of search index; plain table ${(statSync(theirs).size / EVENTS).toFixed(0)} B`,
);

const half = 1_777_726_800_000 + (EVENTS / 2) * 30;
const frequent = String.fromCodePoint(0x4e00, 0x4e01);
const cases: readonly [name: string, ask: Omit<SearchAsk, "places">, sql: string, values: readonly (string | number)[]][] = [
  ["two frequent characters", { text: frequent }, "text LIKE ?", [`%${frequent}%`]],
  ["a rare text", { text: RARE }, "text LIKE ?", [`%${RARE}%`]],
  ["a text that nobody wrote", { text: "没有人写过" }, "text LIKE ?", ["%没有人写过%"]],
  ["one person's chats", { userId: "100000000000", types: ["chat"] }, "user_id = ? AND type = 'chat'", ["100000000000"]],
  ["gifts worth 10,000 or more", { minDiamonds: 10_000 }, "diamonds >= ?", [10_000]],
  [
    "frequent characters in a minute long ago",
    { text: frequent, from: half, to: half + 60_000 },
    "text LIKE ? AND time >= ? AND time < ?",
    [`%${frequent}%`, half, half + 60_000],
  ],
];
for (const [name, ask, sql, values] of cases) {
  const statement = plain.prepare(`SELECT seq, body FROM events WHERE ${sql} ORDER BY seq DESC LIMIT ${PAGE}`);
  const times: { ours: number[]; plain: number[] } = { ours: [], plain: [] };
  for (let round = 0; round < ROUNDS; round++) {
    let began = performance.now();
    const found: number[] = [];
    for (
      let places: readonly SearchPlace[] | null = [{ room, before: Number.MAX_SAFE_INTEGER }];
      places !== null && found.length < PAGE;
    ) {
      const page = await store.search.find({ ...ask, places }, PAGE - found.length);
      found.push(...page.events.map(({ seq }) => seq));
      places = page.places;
    }
    times.ours.push(performance.now() - began);
    began = performance.now();
    const rows = statement.all(...values) as { seq: number; body: string }[];
    for (const { body } of rows) JSON.parse(body);
    times.plain.push(performance.now() - began);
    if (JSON.stringify(rows.map(({ seq }) => seq)) !== JSON.stringify(found)) {
      console.error(`${name}: the results differ, so nothing is measured.`);
      process.exit(1);
    }
    if (round === 0) console.log(`${name}: ${found.length} found`);
  }
  const [a, b] = [median(times.ours), median(times.plain)];
  console.log(`  first page: dylive ${a.toFixed(2)} ms, plain table ${b.toFixed(2)} ms: ${(b / a).toFixed(1)}x`);
}
await store.close();
plain.close();
rmSync(FOLDER, { recursive: true, force: true });
