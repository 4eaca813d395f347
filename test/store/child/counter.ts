// Appends to one room for ever and counts what it appended, printing "counted" after each step. Arguments: database.

import { advance } from "../../../src/statistics/reader.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { chat, gift, userOf } from "../../contracts/events.js";
import { plainWords } from "../../statistics/plain-words.js";

const [path = ""] = process.argv.slice(2);
const store = openSqliteStore({ path });
const room = await store.rooms.ensure([{ kind: "web_rid", value: "counted" }]);
const epoch = await store.rooms.claim(room);
const run = process.pid;

for (let n = 0; ; n++) {
  const events = Array.from({ length: 50 }, (_, place) => {
    const id = `${run}:${n}:${place}`;
    const user = userOf(String((n * 7 + place) % 97));
    return place % 2 === 0
      ? chat(id, { text: `w${(n + place) % 31} [赞]`, user })
      : { ...gift(id, id, 1 + (place % 5), 1 + (place % 5), place % 3 === 0), user };
  });
  await store.log.append([{ room, epoch, events }]);
  await advance(store, room, plainWords);
  process.stdout.write("counted\n");
}
