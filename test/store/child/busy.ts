// Does everything that is done to a store, for ever: appends, counts, indexes, replaces, removes, gives room back. Prints a line after each turn.
// Arguments: database.

import { frontStep } from "../../../src/retention/step.js";
import { advance } from "../../../src/statistics/reader.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { chat, erased, gift, userOf } from "../../contracts/events.js";
import { plainWords } from "../../statistics/plain-words.js";

const [path = ""] = process.argv.slice(2);
const store = openSqliteStore({ path });
const room = await store.rooms.ensure([{ kind: "web_rid", value: "busy" }]);
const epoch = await store.rooms.claim(room);
const run = `${process.pid}:${Date.now()}`;

for (let n = 0; ; n++) {
  const events = Array.from({ length: 60 }, (_, place) => {
    const id = `${run}:${n}:${place}`;
    const user = userOf(String((n * 7 + place) % 97));
    return place % 3 > 0 ? chat(id, { text: `第${n}句话 ${place}`, user }) : { ...gift(id, id, 2, 2, true), user };
  });
  const [appended] = await store.log.append([{ room, epoch, events }]);
  process.stdout.write(`${JSON.stringify({ head: appended?.head })}\n`);
  // Together, as a server's main thread and its worker do.
  const [seq] = appended?.stored ?? [];
  const [first] = events;
  await Promise.all([
    advance(store, plainWords),
    ...(n % 3 === 0 && first !== undefined && typeof seq === "number" ? [store.log.replace(room, [{ ...erased(first), seq }])] : []),
    ...(n % 5 === 4 ? [frontStep(store, null, 0, undefined, Date.now())] : []),
    ...(n % 5 === 0 ? [store.retention.giveBack(), store.search.purge(n % 10 === 0)] : []),
  ]);
}
