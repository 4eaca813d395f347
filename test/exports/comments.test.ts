// Guards: Exported comments of a work are those that are kept, in every format, and name nobody under pseudonyms.
import { writeFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { parse } from "csv-parse/sync";
import { expect, it, onTestFinished } from "vitest";
import { exportPieces } from "../../src/exports/export.js";
import type { ExportFormat } from "../../src/exports/format.js";
import { planComments } from "../../src/exports/plan.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { KeptComment } from "../../src/works/model/kept.js";
import { useDirectory } from "../store/directory.js";
import { commentOf } from "../works/comment.js";
import { HOSTILE } from "./made.js";

const path = useDirectory();
const WORK = "7560000000000000001";
const COUNT = 600;
const cid = (n: number) => String(7_560_000_000_000_000_000n + BigInt(n));

async function filled() {
  const store = openSqliteStore({ path: path("comments.db") });
  onTestFinished(() => store.close());
  const user = (n: number) => ({ ...commentOf(WORK, "").user, id: `9000${n}`, secUid: `MS4wsecret${n}`, nickname: `某人${n}` });
  const all = Array.from({ length: COUNT }, (_, n) =>
    commentOf(WORK, cid(n), {
      ...{
        text: HOSTILE[n] ?? `text ${n}`,
        user: user(n % 7),
        time: 1_760_000_000_000 + n,
        parentId: n % 3 === 0 ? null : cid(n - (n % 3)),
      },
      ...{ rank: COUNT - n, mentions: [{ userId: `9000${n % 5}`, secUid: null, start: 0, end: 1 }] },
    }),
  );
  await store.comments.put(1, all);
  await store.comments.put(1, [commentOf("7560000000000000000", "1"), commentOf("7560000000000000002", "1")]);
  const made = async (format: ExportFormat, more: Partial<Parameters<typeof planComments>[2]> = {}): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const { bytes } of exportPieces(store, await planComments(store, WORK, { format, ...more }), new AbortController().signal))
      pieces.push(bytes);
    return Buffer.concat(pieces);
  };
  const kept = async () =>
    (await store.comments.walk({ workId: WORK, id: "" }, COUNT)).map((one) => JSON.parse(JSON.stringify(one)) as KeptComment);
  return { store, made, kept };
}

it("the comments of a work, and of no other, are exported as they are kept, oldest first", async () => {
  const { made, kept } = await filled();
  const lines = (await made("jsonl")).toString("utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(await kept());
  expect(lines).toHaveLength(COUNT);
});

it("tables of them, read by other programs, say the same", async () => {
  const { made, kept } = await filled();
  const told = (await kept()).map(({ id, text, likes, user, parentId }) => [id, text.toWellFormed(), likes, user.id, parentId]);
  const rows = parse(await made("csv"), { bom: true, columns: true }) as Record<string, string>[];
  const unmarked = (cell = "") => (cell.startsWith("'") ? cell.slice(1) : cell);
  expect(
    rows.map((row) => [unmarked(row["id"]), unmarked(row["text"]), Number(row["likes"]), row["userId"], unmarked(row["parentId"]) || null]),
  ).toEqual(told);
  expect(rows[0]?.["time"]).toBe("2025-10-09 16:53:20.000");

  const file = path("comments.parquet");
  writeFileSync(file, await made("parquet"));
  const db = await (await DuckDBInstance.create()).connect();
  const read = await db.runAndReadAll(`SELECT id, text, CAST(likes AS INT), "userId", "parentId" FROM '${file}'`);
  expect(read.getRows()).toEqual(told);
});

it("under pseudonyms they name nobody, and the same person is the same everywhere", async () => {
  const { store, made } = await filled();
  const hidden = (await made("jsonl", { pseudonyms: true })).toString("utf8");
  for (const mark of ["某人", "MS4wsecret", '"90000"', '"90003"']) expect([mark, hidden.includes(mark)]).toEqual([mark, false]);
  const all = hidden
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as KeptComment);
  expect(new Set(all.map(({ user }) => user.id)).size).toBe(7);
  expect(all[0]?.mentions[0]?.userId).toBe(all[0]?.user.id);
  expect(all[0]?.user.id).toMatch(/^p[0-9a-f]{16}$/);
  expect((await planComments(store, WORK, { format: "csv", pseudonyms: true })).pseudonymKey).toBe(await store.secrets.pseudonymKey());
});

it("formats that go with a recording are refused, with those that there are", async () => {
  const { store } = await filled();
  for (const format of ["xml", "ass", "srt"] as const)
    await expect(planComments(store, WORK, { format })).rejects.toMatchObject({
      code: "bad_request",
      message: expect.stringContaining("jsonl, csv, xlsx, parquet"),
    });
});
