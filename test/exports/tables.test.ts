import { writeFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { parse } from "csv-parse/sync";
import readXlsx from "read-excel-file/node";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { LiveEvent } from "../../src/events/event.js";
import { COMMENTS, EVENTS as TABLE, type Table, titlesOf } from "../../src/exports/columns.js";
import { EXPORT_FORMAT_NAMES } from "../../src/exports/format.js";
import { xlsx } from "../../src/exports/xlsx.js";
import { useDirectory } from "../store/directory.js";
import { EVENTS, made, START } from "./made.js";

const file = useDirectory();

/** What no table may change: who said or gave what, and when. */
const told = (event: LiveEvent) => {
  if (event.type !== "chat" && event.type !== "gift") throw new Error(event.type);
  const { seq, type, time, id, user } = event;
  const gift = event.type === "gift" ? [event.gift.name, event.delta, event.comboTotal, event.diamonds, event.settled] : [];
  return { seq, type, time, id, nickname: user.nickname, userId: user.id, text: event.type === "chat" ? event.text : null, gift };
};

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
  const unmarked = (cell: string) => (cell.startsWith("'") ? cell.slice(1) : cell);

  it("read by another program has the same events once the marks are taken off", async () => {
    const rows = (await read()).map((row) => {
      const cell = (name: string) => unmarked(row[name] ?? "");
      const gift = cell("type") === "gift";
      const number = (name: string) => Number(cell(name));
      return {
        ...{
          seq: number("seq"),
          type: cell("type"),
          time: number("timeMs"),
          id: cell("id"),
          nickname: cell("nickname"),
          userId: cell("userId"),
        },
        text: gift ? null : cell("text"),
        gift: gift ? [cell("gift"), number("delta"), number("comboTotal"), number("diamonds"), cell("settled") === "true"] : [],
      };
    });
    // UTF-8 has no half surrogates.
    expect(rows).toEqual(EVENTS.map(told).map((one) => JSON.parse(JSON.stringify(one), wellFormed)));
  });

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
  it("read by another program has the same events, numbers as numbers and dates as dates", async () => {
    const [sheet] = await readXlsx(await made("xlsx"), { trim: false });
    const [titles = [], ...rows] = sheet?.data ?? [];
    const at = (row: readonly unknown[], name: string) => row[titles.indexOf(name)] ?? null;
    const seen = rows.map((row) => {
      const gift = at(row, "type") === "gift" ? ["gift", "delta", "comboTotal", "diamonds", "settled"].map((name) => at(row, name)) : [];
      const text = gift.length > 0 ? null : at(row, "text");
      return {
        ...{ seq: at(row, "seq"), type: at(row, "type"), time: at(row, "timeMs"), id: at(row, "id") },
        nickname: at(row, "nickname"),
        userId: at(row, "userId"),
        text,
        gift,
      };
    });
    expect(seen).toEqual(EVENTS.map(told).map((one) => JSON.parse(JSON.stringify(one), inExcel)));
    expect(at(rows[2] ?? [], "time")).toEqual(new Date("2025-10-09T16:53:23.000Z"));
  });

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

describe("parquet", () => {
  it("read by DuckDB has the same events, with their types", async () => {
    const path = file("events.parquet");
    writeFileSync(path, await made("parquet"));
    const duck = await (await DuckDBInstance.create(":memory:")).connect();
    const read = async (sql: string) => (await duck.runAndReadAll(sql)).getRowObjectsJson();
    const rows = await read(
      `SELECT seq, type, epoch_ms(time) AS time, id, nickname, userId, text, gift, delta, comboTotal, diamonds, settled FROM '${path}' ORDER BY seq`,
    );
    const seen = rows.map(({ seq, type, time, id, nickname, userId, text, gift, delta, comboTotal, diamonds, settled }) => ({
      ...{ seq: Number(seq), type, time: Number(time), id, nickname, userId },
      text: type === "gift" ? null : text,
      gift: type === "gift" ? [gift, Number(delta), Number(comboTotal), Number(diamonds), settled] : [],
    }));
    expect(seen).toEqual(EVENTS.map(told).map((one) => JSON.parse(JSON.stringify(one), wellFormed)));
    expect(await read(`SELECT sum(delta) AS units, typeof(max(time)) AS t FROM '${path}'`)).toEqual([
      { units: String(EVENTS.length), t: "TIMESTAMP WITH TIME ZONE" },
    ]);
  });
});

describe("any time that a store can hold", () => {
  const TIMES = [Date.UTC(2126, 0), Date.UTC(12_000, 0), 8.64e15, 8.64e15 + 2, 1e17, 9.3e18, 1e300, 0, -1, -1e18];
  const dated = EVENTS.slice(0, TIMES.length).map((event, n) => ({ ...event, time: TIMES[n] ?? 0, receivedAt: TIMES[n] ?? 0 }));

  it.each(EXPORT_FORMAT_NAMES)("breaks no %s, first or last", async (format) => {
    for (const [n] of dated.entries())
      for (const startMs of [null, TIMES[n] ?? 0])
        expect((await made(format, [...dated.slice(n), ...dated.slice(0, n)], { startMs })).length).toBeGreaterThan(10);
  });

  it("is read from parquet by DuckDB, and from xlsx: a date where there is one, and the number beside it", async () => {
    const path = file("times.parquet");
    writeFileSync(path, await made("parquet", dated));
    const duck = await (await DuckDBInstance.create(":memory:")).connect();
    const rows = (await duck.runAndReadAll(`SELECT epoch_ms(time) AS time, timeMs FROM '${path}' ORDER BY seq`)).getRowObjectsJson();
    const number = (value: unknown) => (value === null ? null : Number(value));
    expect(rows.map(({ time, timeMs }) => [number(time), number(timeMs)])).toEqual(
      TIMES.map((time) => [Math.abs(time) <= 8.64e15 ? time : null, Math.abs(time) < 2 ** 63 ? time : null]),
    );
    const [sheet] = await readXlsx(await made("xlsx", dated, { zoneMinutes: 0 }), { trim: false });
    const shown = (sheet?.data ?? []).slice(1).map((row) => row[1]);
    expect(shown.slice(0, 4)).toEqual([
      new Date(TIMES[0] ?? 0),
      "+012000-01-01 00:00:00.000",
      "+275760-09-13 00:00:00.000",
      String(8.64e15 + 2),
    ]);
  });
});

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed() : value;
}

/** What XML can hold of a text, as this reader gives it: an empty one is none. */
function inExcel(key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  const held = String(wellFormed(key, value)).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
  return held === "" ? null : held;
}
