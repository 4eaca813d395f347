// Appends for ever to one room, printing {"seq","id"} of every event after it was acknowledged.
// Arguments: database, name, events in all (0: until killed), size of a batch.
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { chat } from "../../contracts/events.js";

const [path = "", name = "", total = "0", size = "1"] = process.argv.slice(2);
const store = openSqliteStore({ path });
const room = await store.rooms.ensure([{ kind: "web_rid", value: "shared" }]);

for (let next = 0; total === "0" || next < Number(total); next += Number(size)) {
  // Nobody claims while these tests run: all processes have the same epoch, as after a hand-over within one.
  const events = Array.from({ length: Number(size) }, (_, index) => chat(`${name}:${next + index}`));
  const [appended] = await store.log.append([{ room, epoch: 0, events }]);
  const lines = events.map(({ id }, index) => JSON.stringify({ seq: appended?.stored?.[index], id }));
  process.stdout.write(`${lines.join("\n")}\n`);
}
await store.close();
