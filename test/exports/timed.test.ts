// Guards: Files that go with a recording have every chat and gift at its time, and no text breaks out of its place.
import { compile, parse as parseAss } from "ass-compiler";
import { SaxesParser } from "saxes";
import SrtParser from "srt-parser-2";
import { describe, expect, it } from "vitest";
import type { LiveEvent } from "../../src/events/event.js";
import { chat } from "../contracts/events.js";
import { type ABOUT, EVENTS, HOSTILE, made, START } from "./made.js";

const oneLine = (text: string) =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "")
    .replace(/ +/g, " ")
    .trim();
const asShown = (text: string) =>
  oneLine(text).replaceAll("{", "｛").replaceAll("}", "｝").replaceAll("\\", "＼").replaceAll("<", "＜").replaceAll(">", "＞");

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** Every element, as a strict parser reads them; it throws where the file is not well-formed. */
function elementsOf(xml: string): Element[] {
  const parser = new SaxesParser();
  const found: Element[] = [];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => found.push({ name, attributes: attributes as Element["attributes"], text: "" }));
  parser.on("text", (text) => {
    const last = found.at(-1);
    if (last !== undefined) last.text += text.replace(/\n$/, "");
  });
  parser.write(xml).close();
  return found;
}

describe("xml", () => {
  const writable = (text: string) => text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");

  it("is well-formed whatever the texts, and has the chats and gifts where they belong", async () => {
    const all = elementsOf((await made("xml")).toString("utf8"));
    const chats = all.filter(({ name }) => name === "d");
    const seen = (element: Element) => [element.attributes["user"], element.attributes["uid"], element.attributes["timestamp"]];
    const wanted = (type: "chat" | "gift") =>
      EVENTS.flatMap((event) =>
        event.type === type && "user" in event && event.user
          ? [[writable(event.user.nickname ?? ""), event.user.id, String(event.time)]]
          : [],
      );
    expect(chats.map(seen)).toEqual(wanted("chat"));
    expect(chats.map(({ text }) => text)).toEqual(HOSTILE.map((text) => writable(text).replace(/[\r\n\t]+/g, " ")));
    expect(chats[1]?.attributes["p"]).toBe(`3.000,1,25,16777215,${START / 1000 + 3},0,101,7423411736452810001`);
    const gifts = all.filter(({ name }) => name === "gift");
    expect(gifts.map(seen)).toEqual(wanted("gift"));
    expect(gifts.map(({ attributes }) => attributes["giftname"])).toEqual(HOSTILE.map(writable));
    expect(gifts[0]?.attributes).toMatchObject({ ts: "1.000", giftcount: "2", price: "1000" });
  });

  it("begins as danmaku2ass wants it", async () => {
    expect((await made("xml")).toString("utf8").slice(0, 41)).toBe('<?xml version="1.0" encoding="UTF-8"?><i>');
  });

  it("says no price that is unknown, and no gift that only ended", async () => {
    const [given] = EVENTS.filter(({ type }) => type === "gift");
    const unpriced = { ...given, unitDiamonds: null, diamonds: null } as LiveEvent;
    const ended = { ...given, seq: 9, delta: 0 } as LiveEvent;
    const gifts = elementsOf((await made("xml", [unpriced, ended])).toString("utf8")).filter(({ name }) => name === "gift");
    expect(gifts.map(({ attributes }) => "price" in attributes)).toEqual([false]);
  });
});

describe("ass", () => {
  it("has the same texts at the same times, and no override tag but our own", async () => {
    const text = (await made("ass")).toString("utf8");
    const { events, styles } = parseAss(text);
    const lines = events.dialogue;
    const said = EVENTS.flatMap((event) => {
      if (event.type === "chat") return asShown(event.text) === "" ? [] : [[event.time - START, "Chat", asShown(event.text)]];
      if (event.type !== "gift") return [];
      return [[event.time - START, "Gift", asShown(`${asShown(event.user.nickname ?? "")} 送出 ${event.gift.name} x2`)]];
    });
    expect(lines.map(({ Start, Style, Text }) => [Math.round(Start * 1000), Style, Text.combined.replace(/^\{[^}]*\}/, "")])).toEqual(said);
    for (const { Text } of lines) {
      expect(Text.parsed.flatMap(({ tags }) => tags).flatMap(Object.keys)).toEqual([Text.parsed[0]?.tags[0]?.["move"] ? "move" : "pos"]);
      expect(Text.combined).not.toMatch(/\\[Nnh]/);
    }
    expect(styles.style.map(({ Name }) => Name)).toEqual(["Chat", "Gift"]);
    expect(compile(text, {}).dialogues).toHaveLength(said.length);
    expect(text.startsWith("\ufeff[Script Info]")).toBe(true);
  });

  it("draws no chat over another while there is room", async () => {
    const busy = Array.from({ length: 40 }, (_, index) => ({
      ...chat(`c${index}`, { text: "加".repeat(1 + (index % 30)), time: START + index * 900 }),
      seq: index + 1,
    }));
    const lines = parseAss((await made("ass", busy)).toString("utf8")).events.dialogue.map(({ Start, Text }) => {
      const [x1 = 0, y = 0, x2 = 0] = (Text.parsed[0]?.tags[0]?.["move"] ?? []) as number[];
      return { start: Start, y, x1, width: -x2 };
    });
    const leftAt = ({ start, x1, width }: (typeof lines)[number], at: number) => x1 - ((at - start) * (x1 + width)) / 10;
    for (const line of lines)
      for (const other of lines) {
        if (other.y !== line.y || other.start <= line.start) continue;
        for (let at = other.start; at < line.start + 10; at += 0.25)
          expect(leftAt(line, at) + line.width).toBeLessThanOrEqual(leftAt(other, at) + 1);
      }
    expect(new Set(lines.map(({ y }) => y)).size).toBeGreaterThan(3);
  });
});

describe("srt", () => {
  it("has the same texts at the same times, counted, of letters alone", async () => {
    const cues = new SrtParser().fromSrt((await made("srt")).toString("utf8"));
    const said = EVENTS.flatMap((event) => {
      if (!("user" in event) || event.user === undefined) return [];
      const who = asShown(event.user.nickname ?? "");
      if (event.type === "gift") return [[(event.time - START) / 1000, asShown(`${who} 送出 ${event.gift.name} x2`)]];
      const text = event.type === "chat" ? asShown(event.text) : "";
      return text === "" ? [] : [[(event.time - START) / 1000, `${who}：${text}`]];
    });
    expect(cues.map(({ startSeconds, text }) => [startSeconds, text])).toEqual(said);
    expect(cues.map(({ id }) => id)).toEqual(said.map((_, index) => String(index + 1)));
    expect(cues[1]?.startTime).toBe("00:00:01,000");
  });
});

describe("a place in the recording", () => {
  const times = async (change: Partial<typeof ABOUT>, events: readonly LiveEvent[] = EVENTS.slice(0, 6)) =>
    elementsOf((await made("xml", events, change)).toString("utf8"))
      .filter(({ name }) => name === "d" || name === "gift")
      .map(({ attributes }) => Number(attributes["ts"] ?? attributes["p"]?.split(",")[0]));

  it("counts from the start of the recording, and an offset is added", async () => {
    expect(await times({ startMs: START })).toEqual([0, 1, 3, 4, 6, 7]);
    expect(await times({ startMs: START - 10_000, offsetMs: 500 })).toEqual([10.5, 11.5, 13.5, 14.5, 16.5, 17.5]);
  });

  it("is not before its first moment", async () => {
    expect(await times({ startMs: START + 3500 })).toEqual([0.5, 2.5, 3.5]);
    expect(await times({ startMs: START, offsetMs: -4000 })).toEqual([0, 2, 3]);
  });

  it("counts from the first event where no start is known", async () => {
    expect(await times({ startMs: null }, EVENTS.slice(2, 6))).toEqual([0, 1, 3, 4]);
  });

  it("is in order of time, though the log is in order of arrival", async () => {
    const mixed = [4, 0, 5, 1, 3, 2].flatMap((index) => EVENTS[index] ?? []);
    expect(await times({ startMs: START }, mixed)).toEqual([0, 1, 3, 4, 6, 7]);
  });
});
