import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openSqliteStore } from "../../src/log/sqlite/store.js";
import { eraseUser } from "../../src/outputs/erase/erase.js";
import { catchUp } from "../../src/outputs/stats/advance.js";
import { chat, chats, gift, userOf } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { indexAll } from "../contracts/search.js";
import { plainWords } from "../outputs/stats/plain-words.js";
import { useDirectory } from "./directory.js";

const path = useDirectory();
const UID = "78901234567";
const MARKS = [UID, "小安安", "绝不再现的话", "MS4wLjABAAAAsecret"];

it("an erased person is in no byte of the database file", async () => {
  const file = path("erased.db");
  const store = openSqliteStore({ path: file });
  const { append } = await claimed(store);
  const user = { ...userOf(UID), nickname: "小安安", secUid: "MS4wLjABAAAAsecret" };
  for (let part = 0; part < 10; part++) {
    await append(...chats(150, `${part}:`), chat(`own${part}`, { user, text: `绝不再现的话 ${part} ${"长".repeat(part * 400)}` }), {
      ...gift(`g${part}`, `s.${UID}.463.g${part}.0`, 1, 1),
      user,
    });
    await catchUp(store, plainWords);
    await indexAll(store);
  }
  const found = () => [file, `${file}-wal`].flatMap((name) => MARKS.filter((mark) => readFileSync(name).includes(mark)));
  expect(new Set(found())).toEqual(new Set(MARKS));
  await eraseUser(store, { user: UID, keep: false });
  await catchUp(store, plainWords);
  await store.close();
  expect(MARKS.filter((mark) => readFileSync(file).includes(mark))).toEqual([]);
});
