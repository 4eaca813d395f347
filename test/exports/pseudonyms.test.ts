// Guards: A person has one pseudonym in all exports of a store.
import { expect, it } from "vitest";
import { eraseUser } from "../../src/erasure/erase.js";
import { exportPieces } from "../../src/exports/export.js";
import { planExport } from "../../src/exports/plan.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chat, gift, userOf } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";

it("without a key of one's own a person has one pseudonym in exports and where they were erased", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  const { room, append } = await claimed(store);
  const [ann, bob] = [userOf("111265487875"), userOf("222265487875")];
  await append(chat("1", { user: ann }), chat("2", { user: bob }), { ...gift("3", "c", 1, 1), user: bob, receiver: ann });
  const people = async (pseudonyms?: string | true) => {
    const ask = await planExport(store, room, { format: "jsonl", pseudonyms });
    let text = "";
    for await (const { bytes } of exportPieces(store, ask, new AbortController().signal)) text += Buffer.from(bytes).toString();
    const events = text.trimEnd().split("\n");
    return events.map((line) => {
      const { user, receiver } = JSON.parse(line) as { user: { id: string }; receiver?: { id: string } };
      return [user.id, ...(receiver === undefined ? [] : [receiver.id])];
    });
  };
  const before = await people(true);
  const [a, b] = before.flat();
  expect(before).toEqual([[a], [b], [b, a]]);
  expect([a, b]).toEqual([expect.stringMatching(/^p[0-9a-f]{16}$/), expect.stringMatching(/^p[0-9a-f]{16}$/)]);
  expect(a).not.toBe(b);
  expect((await eraseUser(store, { user: "111265487875", keep: true })).pseudonym).toBe(a);
  expect(await people()).toEqual([[a], ["222265487875"], ["222265487875", a]]);
  expect(await people(true)).toEqual(before);
  expect(await people("a key of one's own")).not.toEqual(before);
});
