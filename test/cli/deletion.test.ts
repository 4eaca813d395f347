// Guards: A deletion takes only the name of what is meant and removes nothing else.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { confirmDeletion } from "../../src/cli/deletion.js";
import { assertTyped } from "../../src/erasure/identity.js";
import { confirmationOf } from "../../src/events/hidden.js";
import { msg } from "../../src/runtime/msg.js";
import { rawFolder, rawName } from "../../src/sources/raw/files.js";
import { openStore, storeAt } from "../../src/store/open.js";
import { chat } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { useDirectory } from "../store/directory.js";
import { ranHere } from "./ran-here.js";

const file = useDirectory();
const SESSION = "7400000000000000001";

it("takes any name of what is meant, and no other", async () => {
  const names = ["夜话", "98765", "room:1"];
  for (const typed of ["夜话", " 98765 ", "room:1"]) expect(() => assertTyped(typed, names)).not.toThrow();
  for (const typed of ["yes", "", "夜", null])
    expect(() => assertTyped(typed, names)).toThrow('nothing was deleted. It is called "夜话", or "room:1"');
  // As it looks, whatever is hidden in it; what cannot be typed is not asked for.
  for (const [title, ask, ...typed] of [
    [" 夜 \u3000 话\u200b ", "夜 话", "夜 话", " 夜 \u3000 话\u200b ", "夜  话"],
    ["\u202e夜\u2066话\ufeff", "夜话", "夜话", "\u202e夜\u2066话\ufeff"],
    ["\u200b\u3164\u2800", "7", "7"],
    ["夜".repeat(101), "7", "7"],
  ] as const) {
    expect(confirmationOf([title, "7"]).ask).toBe(ask);
    for (const one of typed) expect(() => assertTyped(one, [title, "7"])).not.toThrow();
    for (const one of ["", " ", "\u200b", "x", null]) expect(() => assertTyped(one, [title, "7"])).toThrow(`It is called "${ask}"`);
  }
  // Nobody can be asked here.
  const { signal } = new AbortController();
  await expect(confirmDeletion(msg`it`, names, false, signal)).rejects.toMatchObject({ code: "not_confirmed" });
  await confirmDeletion(msg`it`, names, true, signal);
});

it("removes a broadcast's events and recordings, and no others", async () => {
  const data = file("data");
  const path = storeAt({ databaseUrl: null, data });
  const store = await openStore(path);
  const { room, append } = await claimed(store);
  await store.sessions.open(room, SESSION, 1);
  await append(chat("a", { sessionId: SESSION }), chat("b", { sessionId: null }));
  await store.close();
  const raw = join(rawFolder(data), String(room));
  mkdirSync(raw, { recursive: true });
  const [own, other] = [SESSION, "7400000000000000002"].map((session) => join(raw, `${rawName(5, session)}.gz`));
  for (const one of [own, other]) writeFileSync(one ?? "", "frames");
  const { stdout } = await ranHere(["session", "delete", String(room), SESSION, "--yes", "--data", data]);
  const after = await openStore(path);
  onTestFinished(() => after.close());
  expect((await readAll(after.log, room)).events.map(({ id }) => id)).toEqual(["b"]);
  expect([existsSync(own ?? ""), existsSync(other ?? "")]).toEqual([false, true]);
  expect(stdout).toMatch(/deleted: 1 events, statistics of 1 broadcasts, 1 raw recordings\n.*not reached:\n- backups\n/s);
});
