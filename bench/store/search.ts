import type { Database } from "better-sqlite3";
import type { SearchAsk } from "../../src/store/search.js";
import type { Store } from "../../src/store/store.js";
import { median } from "../rounds.js";
import type { Kept, Msg } from "./after.js";
import { FREQUENT, RARE } from "./feed.js";

const PAGE = 50;
const CHAT = "type = 'chat' AND json_extract(body, '$.text') LIKE ?";

interface Question {
  readonly name: string;
  readonly ask: SearchAsk;
  readonly where: string;
  readonly values: readonly (string | number)[];
  /** Gifts of dylive are not those of the plain table, which has no ledger. */
  readonly same: boolean;
}

/** The first page of the newest answers: our index against `LIKE` and JSON functions on the plain table. */
export async function searched(store: Store, room: number, plain: Database, { rounds }: Kept): Promise<Msg> {
  const lines: string[] = [];
  const ratios: number[] = [];
  for (const { name, ask, where, values, same } of questions(plain)) {
    const statement = plain.prepare(`SELECT msg_id, body FROM events WHERE ${where} ORDER BY n DESC LIMIT ${PAGE}`);
    const took = { ours: [] as number[], plain: [] as number[] };
    let found = 0;
    for (let round = 0; round < rounds; round++) {
      let began = performance.now();
      const ids = await find(store, room, ask);
      took.ours.push(performance.now() - began);
      found = ids.length;
      // Beyond the first, a scan of everything tells nothing new.
      if (round > 0 && (took.plain[0] ?? 0) > 500) continue;
      began = performance.now();
      const rows = statement.all(...values) as { msg_id: string; body: string }[];
      for (const { body } of rows) JSON.parse(body);
      took.plain.push(performance.now() - began);
      if (same && JSON.stringify(rows.map((row) => row.msg_id)) !== JSON.stringify(ids)) throw new Error(`${name}: the results differ`);
    }
    const [ours, theirs] = [median(took.ours), median(took.plain)];
    ratios.push(theirs / ours);
    lines.push(
      `search, ${name}: ${found} on the first page, dylive ${ours.toFixed(1)} ms, plain table ${theirs.toFixed(1)} ms: ${(theirs / ours).toFixed(1)}x`,
    );
  }
  return { lines, ratio: ["search, the one that gains least", "json_extract … LIKE in the plain table", Math.min(...ratios), null] };
}

async function find(store: Store, room: number, ask: SearchAsk): Promise<string[]> {
  const found: string[] = [];
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null && found.length < PAGE; ) {
    const page = await store.search.find({ ...ask, rooms: new Set([room]) }, before, PAGE - found.length);
    found.push(...page.events.map(({ id }) => id));
    ({ before } = page);
  }
  return found;
}

function questions(plain: Database): readonly Question[] {
  const [userId, time] = plain
    .prepare<[], [string, number]>("SELECT user_id, time FROM events WHERE type = 'chat' LIMIT 1")
    .raw()
    .get() ?? ["", 0];
  const from = time + 60_000;
  const minute: Question = {
    name: "frequent signs in the second minute",
    ask: { text: FREQUENT, from, to: from + 60_000 },
    where: `${CHAT} AND time >= ? AND time < ?`,
    values: [`%${FREQUENT}%`, from, from + 60_000],
    same: true,
  };
  return [
    ...[
      { name: "two frequent signs", text: FREQUENT },
      { name: "a rare text", text: RARE },
      { name: "a text that nobody wrote", text: "没有人写过" },
    ].map(({ name, text }): Question => ({ name, ask: { text }, where: CHAT, values: [`%${text}%`], same: true })),
    {
      name: "chats of one person of the first broadcast",
      ask: { userId, types: ["chat"] },
      where: "user_id = ? AND type = 'chat'",
      values: [userId],
      same: true,
    },
    {
      name: "gifts worth 10,000 or more",
      ask: { minDiamonds: 10_000 },
      where: "type = 'gift' AND json_extract(body, '$.unitDiamonds') >= ?",
      values: [10_000],
      same: false,
    },
    minute,
  ];
}
