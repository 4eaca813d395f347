import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { DuckDBInstance } from "@duckdb/node-api";
import { parse as parseAss } from "ass-compiler";
import { parse as parseCsv } from "csv-parse";
import readXlsx from "read-excel-file/node";
import { SaxesParser } from "saxes";
import SrtParser from "srt-parser-2";
import type { LiveEvent } from "../../src/events/event.js";
import type { ExportFormat } from "../../src/exports/format.js";

/** What is compared of an event, in the words of a file's kind. */
export type Msg = readonly (string | number | boolean | null)[];

/** What a table must tell of an event. */
export function cellsOf(event: LiveEvent): Msg {
  const user = "user" in event ? event.user : undefined;
  const gift = event.type === "gift" ? [event.gift.name, event.delta, event.diamonds, event.comboTotal, event.settled] : [];
  const text = event.type === "chat" ? [event.text] : [];
  return [event.seq, event.type, event.time, event.id, user?.id ?? null, user?.nickname ?? null, ...text, ...gift];
}

/** What a format that goes with a recording must tell, of chats and gifts in order of time. */
export function linesOf(event: LiveEvent, startMs: number, format: "xml" | "ass" | "srt"): Msg[] {
  const at = event.time - startMs;
  const [seconds, hundredths] = [(at / 1000).toFixed(3), Math.floor(at / 10)];
  const who = "user" in event ? (event.user?.nickname ?? "") : "";
  if (event.type === "chat") {
    if (format === "xml") return [["d", seconds, event.user.id, event.text]];
    return [format === "ass" ? [hundredths, event.text] : [at, `${who}：${event.text}`]];
  }
  if (event.type !== "gift" || event.delta === 0) return [];
  const name = event.gift.name ?? `礼物${event.gift.id}`; // of a gift in short, only the list of gifts tells it
  if (format === "xml") return [["gift", seconds, event.user.id, name, String(event.delta)]];
  const line = `${who} 送出 ${name} x${event.delta}`;
  return [[format === "ass" ? hundredths : at, line]];
}

/** Reads a file with a program that is not ours. */
export const REREAD: Readonly<Record<ExportFormat, (path: string) => AsyncIterable<Msg>>> = {
  jsonl: async function* (path) {
    for await (const line of createInterface(createReadStream(path))) yield cellsOf(JSON.parse(line) as LiveEvent);
  },
  csv: async function* (path) {
    const plain = (cell: string) => (cell.startsWith("'") ? cell.slice(1) : cell);
    const rows = createReadStream(path).pipe(parseCsv({ bom: true, columns: true, cast: plain }));
    for await (const row of rows) yield fromRow(row as Record<string, string>);
  },
  xlsx: async function* (path) {
    const sheets = await readXlsx(readFileSync(path), { trim: false });
    for (const { data } of sheets) {
      const [titles = []] = data;
      for (const row of data.slice(1)) yield fromRow(Object.fromEntries(titles.map((title, index) => [String(title), row[index] ?? null])));
    }
  },
  parquet: async function* (path) {
    const duck = await (await DuckDBInstance.create(":memory:")).connect();
    const result = await duck.stream(`SELECT *, epoch_ms(time) AS timeMs FROM read_parquet('${path}') ORDER BY seq`);
    const names = result.columnNames();
    for await (const chunk of result.yieldRows())
      for (const row of chunk) yield fromRow(Object.fromEntries(names.map((name, index) => [name, row[index]])));
  },
  xml: async function* (path) {
    const found: Msg[] = [];
    let open: { name: string; attributes: Record<string, string>; text: string } | null = null;
    const parser = new SaxesParser();
    parser.on("error", (error) => {
      throw error;
    });
    parser.on("opentag", ({ name, attributes }) => {
      open = { name, attributes: attributes as Record<string, string>, text: "" };
    });
    parser.on("text", (text) => {
      if (open !== null) open.text += text;
    });
    parser.on("closetag", ({ name }) => {
      if (open === null || open.name !== name) return;
      const { attributes, text } = open;
      if (name === "d") found.push([name, attributes["p"]?.split(",")[0] ?? "", attributes["uid"] ?? "", text]);
      if (name === "gift") found.push([name, ...["ts", "uid", "giftname", "giftcount"].map((attribute) => attributes[attribute] ?? null)]);
      open = null;
    });
    for await (const chunk of createReadStream(path, "utf8")) {
      parser.write(chunk as string);
      yield* found.splice(0);
    }
    parser.close();
    yield* found;
  },
  ass: async function* (path) {
    for (const { Start, Text } of parseAss(readFileSync(path, "utf8")).events.dialogue)
      yield [Math.round(Start * 100), Text.parsed.map(({ text }) => text).join("")];
  },
  srt: async function* (path) {
    for (const { startTime, text } of new SrtParser().fromSrt(readFileSync(path, "utf8"))) {
      const [hours = 0, minutes = 0, seconds = 0, ms = 0] = startTime.split(/[:,]/).map(Number);
      yield [((hours * 60 + minutes) * 60 + seconds) * 1000 + ms, text];
    }
  },
};

/** The cells of a row, whatever its program makes of numbers, as {@link cellsOf} tells them. */
function fromRow(row: Readonly<Record<string, unknown>>): Msg {
  const text = (name: string) => (row[name] === null || row[name] === "" || row[name] === undefined ? null : String(row[name]));
  const gift = text("type") === "gift";
  const told = [Number(row["seq"]), text("type"), Number(row["timeMs"]), text("id"), text("userId"), text("nickname")];
  if (text("type") === "chat") return [...told, text("text")];
  return gift
    ? [...told, text("gift"), ...["delta", "diamonds", "comboTotal"].map((name) => Number(row[name])), text("settled") === "true"]
    : told;
}
