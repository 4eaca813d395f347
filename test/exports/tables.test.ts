// Guards: Tables of events are the same events when other programs read them, and no cell is computed or rounded.
import { writeFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { parse } from "csv-parse/sync";
import readXlsx from "read-excel-file/node";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { COMMENTS, EVENTS as TABLE, type Table, titlesOf } from "../../src/exports/columns.js";
import { xlsx } from "../../src/exports/xlsx.js";
import { useDirectory } from "../store/directory.js";
import { EVENTS, made, START } from "./made.js";
import { cellsOf, REREAD } from "./reread.js";

const file = useDirectory();

describe("jsonl", () => {
  it("is the events themselves", async () => {
    const lines = (await made("jsonl")).toString("utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(EVENTS);
  });
});

it.each(["csv", "xlsx", "parquet"] as const)("%s is the same bytes whenever it is made", async (format) => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  onTestFinished(() => void vi.useRealTimers());
  const first = await made(format);
  vi.setSystemTime(START + 86_400_000);
  expect((await made(format)).equals(first)).toBe(true);
});

it.each(["csv", "xlsx", "parquet"] as const)("%s read by another program has the same events, with their types", async (format) => {
  const path = file(`events.${format}`);
  writeFileSync(path, await made(format));
  const read: unknown[] = [];
  for await (const row of REREAD[format](path)) read.push(row);
  // UTF-8 has no half surrogates, XML no control characters, and an empty cell is none.
  const held = (_key: string, value: unknown) => {
    if (typeof value !== "string") return value;
    const text =
      format === "xlsx"
        ? value.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
        : value.toWellFormed();
    return text === "" ? null : text;
  };
  expect(read).toEqual(EVENTS.map(cellsOf).map((one) => JSON.parse(JSON.stringify(one), held)));
});

it("parquet has times and numbers as such", async () => {
  const path = file("types.parquet");
  writeFileSync(path, await made("parquet"));
  const duck = await (await DuckDBInstance.create(":memory:")).connect();
  const read = await duck.runAndReadAll(`SELECT sum(delta) AS units, typeof(max(time)) AS t FROM '${path}'`);
  expect(read.getRowObjectsJson()).toEqual([{ units: String(EVENTS.length), t: "TIMESTAMP WITH TIME ZONE" }]);
});

describe("titles in Chinese", () => {
  it.each<[string, Table<never>]>([
    ["events", TABLE],
    ["comments", COMMENTS],
  ])("of %s: each column has one of its own", (_name, table) => {
    const [names, titles] = [titlesOf(table, "names"), titlesOf(table, "zh")];
    expect(names.filter((_one, at) => !/\p{Script=Han}|^sec_uid/u.test(titles[at] ?? ""))).toEqual([]);
    expect(new Set(titles).size).toBe(names.length);
  });

  it("stand over the same cells in csv and xlsx", async () => {
    const [plain, chinese] = [String(await made("csv")), String(await made("csv", EVENTS, { headers: "zh" }))];
    expect(chinese).toMatch(/^\ufeff序号,时间,类型,昵称,内容,礼物,新增件数,抖币,点赞数,在线人数,用户 ID,/);
    expect(chinese.slice(chinese.indexOf("\r\n"))).toBe(plain.slice(plain.indexOf("\r\n")));
    const read = async (headers: "names" | "zh") => (await readXlsx(await made("xlsx", EVENTS, { headers }), { trim: false }))[0]?.data;
    const [titles, ...rows] = (await read("zh")) ?? [];
    expect(titles).toEqual(titlesOf(TABLE, "zh"));
    expect(rows).toEqual((await read("names"))?.slice(1));
  });
});

describe("csv", () => {
  const read = async () => parse(await made("csv"), { bom: true, columns: true, relax_quotes: false }) as Record<string, string>[];

  it("has no cell that a spreadsheet would compute or round", async () => {
    const cells = (await read()).flatMap((row) => Object.values(row));
    expect(cells.filter((cell) => /^[\s\p{Cf}]*[=+\-@＝＋－＠|\t\r]/u.test(cell))).toEqual([]);
    expect(cells.filter((cell) => /^\d{16,}$/.test(cell))).toEqual([]);
  });

  it("opens right in Excel: BOM, CRLF, Beijing time", async () => {
    const bytes = await made("csv");
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(bytes.toString("utf8").split("\n")[0]?.endsWith("\r")).toBe(true);
    expect((await read())[0]?.["time"]).toBe("2025-10-09 16:53:20.000");
  });

  it("continued has no titles again", async () => {
    expect((await made("csv", EVENTS, { begins: false })).toString("utf8").startsWith("1,2025-10-09")).toBe(true);
  });
});

describe("xlsx", () => {
  it("goes on in another sheet when one is full", async () => {
    const batches = async function* () {
      for (const event of EVENTS) yield [event];
    };
    const pieces: Uint8Array[] = [];
    for await (const piece of xlsx(TABLE, 30)(batches(), { zoneMinutes: 0, headers: "names" })) pieces.push(piece);
    const sheets = await readXlsx(Buffer.concat(pieces));
    expect(sheets.map(({ data }) => data.length)).toEqual([30, EVENTS.length - 29 + 1]);
    expect(sheets.flatMap(({ data }) => data.slice(1).map(([seq]) => seq))).toEqual(EVENTS.map(({ seq }) => seq));
  });
});
