// Guards: no row names an erased person: a backup, which holds rows alone, has no byte of them.
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { eraseUser } from "../../src/erasure/erase.js";
import type { User } from "../../src/events/event.js";
import { catchUp } from "../../src/statistics/reader.js";
import { checkStore } from "../../src/store/check.js";
import { backUp, integrityOf } from "../../src/store/sqlite/copy.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat, chats, gift, userOf } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { plainWords } from "../statistics/plain-words.js";
import { startChild } from "../store/child/spawn.js";
import { useDirectory } from "../store/directory.js";
import { commentOf } from "../works/comment.js";
import { workOf } from "../works/work.js";
import { fillBusily, peopleOf } from "./busy-store.js";

const path = useDirectory();
const UID = "78901234567";
const MARKS = [UID, "小安安", "绝不再现的话", "MS4wLjABAAAAsecret"];

/** Returns the texts that only the person has: those of few signs may stand anywhere by chance. */
function uniqueMarks({ id, secUid, displayId }: User): readonly string[] {
  return [id, secUid, displayId].filter((text) => text !== null && text.length >= 9) as readonly string[];
}

/** Returns which of the texts stand in a database file or its write-ahead log. */
function marksIn(file: string, marks: readonly string[]): readonly string[] {
  const bytes = [file, `${file}-wal`].filter((one) => existsSync(one)).map((one) => readFileSync(one));
  return marks.filter((mark) => bytes.some((one) => one.includes(mark)));
}

function marksOfCopy(file: string, marks: readonly string[]): readonly string[] {
  const copy = `${file}.copy`;
  backUp(file, copy);
  expect(integrityOf(copy)).toEqual([]);
  return marksIn(copy, marks);
}

/** A store with a person in it, whose rows have been moved about. */
async function withOne(name: string) {
  const file = path(name);
  const store = openSqliteStore({ path: file });
  const { append, room } = await claimed(store);
  const user = { ...userOf(UID), nickname: "小安安", secUid: "MS4wLjABAAAAsecret" };
  for (let part = 0; part < 6; part++) {
    await append(...chats(150, `${part}:`), chat(`own${part}`, { user, text: `绝不再现的话 ${part} ${"长".repeat(part * 400)}` }), {
      ...gift(`g${part}`, `s.${UID}.463.g${part}.0`, 1, 1),
      user,
    });
    await catchUp(store, plainWords);
  }
  expect(new Set(marksIn(file, MARKS))).toEqual(new Set(MARKS));
  return { file, store, append, room };
}

describe("a backup of the database file", () => {
  it("has no byte of people who were erased after busy hours, while another process goes on storing", {
    tags: ["full"],
    timeout: 120_000,
  }, async () => {
    const file = path("busy.db");
    const store = openSqliteStore({ path: file });
    await fillBusily(store, { rooms: 2, framesOfEach: 100 });
    const people = await peopleOf(store);
    const erased = [...people.slice(0, 6), ...people.slice(60, 62)];
    const marks = erased.flatMap(uniqueMarks);
    expect(marksIn(file, marks)).toEqual(marks);
    const child = await startChild("appender.ts", file, "beside", "0", "5");
    await once(child.process.stdout, "data");
    for (const { id } of erased) await eraseUser(store, { user: id ?? "", keep: false });
    await catchUp(store, plainWords);
    child.process.kill("SIGKILL");
    await child.exited;
    expect(await checkStore(store)).toEqual([]);
    await store.close();
    expect(marksOfCopy(file, marks)).toEqual([]);
  });

  it("has no text of an erased person, also of long rows, of combos, of what waits for a webhook and of what its receiver answered", async () => {
    const { file, store, room } = await withOne("erased.db");
    const hook = {
      ...{ id: "h", name: "h", url: "https://example.com", types: [], filter: null, rooms: [], maxEvents: 5, allowPrivate: false },
      ...{ channel: null, secret: "whsec_A" },
      ...{ old: null, createdAt: 0, revision: 0, replays: 0, paused: null, failing: null, last: null, deliveredAt: null },
    };
    await store.hooks.add(hook, 0);
    const batch = { id: "b", room, from: 1, to: 2, events: 2, createdAt: 0, tries: 0 };
    await store.hooks.fix("h", 0, { ...batch, body: JSON.stringify({ events: [{ text: "绝不再现的话", user: { id: UID } }] }) });
    const refusal = { delivered: false, status: 500, error: 'it refused the message: "绝不再现的话"', answer: "小安安：绝不再现的话" };
    const sent = { id: "b", room, from: 1, to: 2, events: 2 };
    await store.hooks.tried(hook, { ...sent, at: 1, ms: 1, bytes: 9, attempt: 1, ...refusal });
    await eraseUser(store, { user: UID, keep: false });
    expect(await store.hooks.batch("h", 0, room)).toBeNull();
    await catchUp(store, plainWords);
    await store.close();
    expect(marksOfCopy(file, MARKS)).toEqual([]);
  });

  it("has no text of an erased person of works, of the page's replies that were kept with them, and of comments", async () => {
    const file = path("works.db");
    const store = openSqliteStore({ path: file });
    const user = { id: UID, secUid: "MS4wLjABAAAAsecret", displayId: null, shortId: null, nickname: "小安安", avatar: null };
    for (let n = 0; n < 8; n++) {
      const id = `75600000000000000${n + 10}`;
      const { author } = workOf(id);
      const said = `绝不再现的话 ${"长".repeat(n * 1500)}`;
      await store.works.keep(
        workOf(id, { author: n % 2 === 0 ? { ...author, ...user } : author, text: n % 2 === 0 ? said : "" }),
        `{"a":"${UID} ${said}"}`,
      );
      const texts = Array.from({ length: 20 }, (_, at) => commentOf(id, String(at), at % 3 === 0 ? { user, text: said } : {}));
      await store.comments.put(1, texts);
      await store.comments.put(
        2,
        texts.map((one) => ({ ...one, likes: 9, text: one.text.repeat(2) })),
      );
    }
    expect(new Set(marksIn(file, MARKS))).toEqual(new Set(MARKS));
    const report = await eraseUser(store, { user: UID, keep: false });
    expect(report.works).toEqual({ works: 4, comments: 56, watches: 0, downloads: 0, changed: 4, kept: 0 });
    await catchUp(store, plainWords);
    await store.close();
    expect(marksOfCopy(file, MARKS)).toEqual([]);
  });
});
