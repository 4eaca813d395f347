import { describe } from "../events/describe.js";
import type { LiveEvent } from "../events/event.js";
import { isTest } from "../events/test-event.js";
import { type Language, reasonIn } from "../i18n/words.js";

/** Text that is brought to people's phones. */
export interface AlarmText {
  readonly title: string;
  readonly lines: readonly string[];
  /** Returns the line that stands for lines that did not fit. */
  more(count: number): string;
}

/** Room that an alarm is about, as far as it is known. */
interface AlarmRoom {
  readonly name: string | null;
  readonly title: string | null;
  /** Seqs of the events by which a broadcast that had been live before is so again: no broadcast has begun. */
  readonly again: ReadonlySet<number>;
}

/**
 * Returns the text about events of one room: a title that says what happened where one event is all there is, and a line for each.
 * @param room null for the system's room
 */
export function alarmText(events: readonly LiveEvent[], room: AlarmRoom | null, language: Language): AlarmText {
  const words = WORDS[language];
  const name = room === null ? "dylive" : oneLine(room.name?.replace(words.brackets, "") ?? words.aRoom);
  const entries = events.map((event) => {
    const line = room?.again.has(event.seq) ? words.again : unmarked(oneLine(words.line(event, room)));
    return { line, mark: isTest(event) ? words.tested : "" };
  });
  const [first] = entries;
  const isOne = entries.length === 1 && first !== undefined;
  // In front of the room, where no viewer's text comes.
  const mark = entries.every((one) => one.mark !== "") ? (first?.mark ?? "") : "";
  return {
    title: `${mark}${words.title(name, isOne ? first.line : words.count(entries.length))}`,
    lines: isOne ? [] : entries.map((one) => `${one.mark}${one.line}`),
    more: words.more,
  };
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

/** Returns a line that begins with what a viewer wrote, a nickname, so that it cannot be taken for the mark of a test: without its brackets. */
function unmarked(line: string): string {
  const [before = ""] = /^[^\p{L}\p{N}]*/u.exec(line) ?? [];
  const letters = line.normalize("NFKC").replace(/[^\p{L}\p{N}]+/gu, "");
  if (!/^(?:[测測][试試]|test)/i.test(letters)) return line;
  return `${before.replace(/[\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{C}\p{Z}\s]+/gu, "")}${line.slice(before.length)}`;
}

/** Returns the text of a test. */
export function testText(language: Language): AlarmText {
  const words = WORDS[language];
  return { title: words.test, lines: [words.testLine], more: words.more };
}

/**
 * Returns the text that stands for one that the service refused: nothing of what viewers wrote.
 * @param room null for the system's room
 */
export function withheldText(count: number, room: number | null, language: Language): AlarmText {
  const words = WORDS[language];
  return { title: words.title("dylive", words.withheld(count, room)), lines: [], more: words.more };
}

interface Words {
  readonly aRoom: string;
  /** Stands for a person of whom no name is known. */
  readonly unnamed: string;
  readonly again: string;
  /** Stands before what was asked for as a test, and at the beginning of nothing else. */
  readonly tested: string;
  /** Brackets that the room's name stands in, and has none of. */
  readonly brackets: RegExp;
  readonly test: string;
  readonly testLine: string;
  withheld(count: number, room: number | null): string;
  title(room: string, what: string): string;
  count(events: number): string;
  more(count: number): string;
  line(event: LiveEvent, room: AlarmRoom | null): string;
}

/** States that a room goes to, but for `live`. */
const STATES_IN_CHINESE: Readonly<Record<string, string>> = {
  ...{ waiting: "未开播", stalled: "消息停滞", blocked: "被平台拒绝", ended: "下播了", failed: "采集失败", paused: "已暂停采集" },
};

const WORDS: Readonly<Record<Language, Words>> = {
  zh: {
    aRoom: "直播间",
    unnamed: "有人",
    again: "恢复接收，仍是同一场直播",
    tested: "（测试）",
    brackets: /[【】]/g,
    test: "dylive 测试消息",
    testLine: "收到这条消息，说明通知可以送达。",
    withheld: (count, room) => `对方拒收${room === null ? "" : `直播间 ${room} 的`} ${count} 条消息的内容，请在 dylive 里查看`,
    title: (room, what) => `【${room}】${what}`,
    count: (events) => `${events} 条消息`,
    more: (count) => `……另有 ${count} 条`,
    line: (event, room) => {
      if (event.type === "state" && event.to === "live") return joined("开播了", "：", room?.title);
      if (event.type === "state") return STATES_IN_CHINESE[event.to] ?? describe(event);
      if (event.type === "system") return reasonIn("zh", event.text);
      if (event.type === "gift") return `${personOf(event) || WORDS.zh.unnamed} ${describe(event)}${worth(event, "，连击共值 ", " 抖币")}`;
      if (event.type === "chat") return `${personOf(event) || WORDS.zh.unnamed}：${event.text}`;
      return `${personOf(event)} ${describe(event)}`.trim();
    },
  },
  en: {
    aRoom: "a room",
    unnamed: "someone",
    again: "is received again, the same broadcast",
    tested: "(test) ",
    brackets: /[[\]]/g,
    test: "test message of dylive",
    testLine: "This message has arrived, so alarms will.",
    withheld: (count, room) =>
      `the service refused the text of ${count === 1 ? "a message" : `${count} messages`}${room === null ? "" : ` of room ${room}`}: look in dylive`,
    title: (room, what) => `[${room}] ${what}`,
    count: (events) => `${events} messages`,
    more: (count) => `… and ${count} more`,
    line: (event, room) => {
      const person = personOf(event);
      switch (event.type) {
        case "state":
          return event.to === "live"
            ? joined("is live", ": ", room?.title)
            : event.to === "ended"
              ? "has ended its broadcast"
              : `is ${event.to}`;
        case "system":
          return event.text;
        case "gift":
          return `${person || WORDS.en.unnamed} gave ${event.gift.name ?? `gift ${event.gift.id}`} × ${event.comboTotal}${worth(event, ", ", " diamonds so far")}`;
        case "chat":
          return `${person || WORDS.en.unnamed}: ${event.text}`;
        case "join":
          return `${person || WORDS.en.unnamed} came in`;
        case "follow":
          return `${person || WORDS.en.unnamed} follows`;
        case "work":
          return joined("published a work", ": ", event.text);
        default:
          return `${person} ${describe(event)}`.trim();
      }
    },
  },
};

/** Returns the value of a gift's combo so far, between two words; nothing where the price is unknown. */
function worth(event: LiveEvent & { type: "gift" }, before: string, after: string): string {
  return event.unitDiamonds === null ? "" : `${before}${event.comboTotal * event.unitDiamonds}${after}`;
}

function personOf(event: LiveEvent): string {
  const user = "user" in event ? event.user : null;
  return user?.nickname ?? user?.displayId ?? "";
}

function joined(words: string, colon: string, rest: string | null | undefined): string {
  return rest == null || rest === "" ? words : `${words}${colon}${rest}`;
}

/** Alarms by default: what goes on air, ends or fails. */
export const USUAL_ALARMS: readonly string[] = [
  ...["room.live", "room.ended", "account.lapsed", "gifts.suppressed", "session.lost", "session.silent", "disk.low", "hook.paused"],
];

/** Types of what people do that others want to know of. */
const PERSONAL = ["chat", "gift", "join"];

/** What alarms are sent for beside names of events. */
export interface Alarms {
  /** Least value of a combo of gifts, in diamonds. */
  readonly gifts?: number | undefined;
  readonly words?: readonly string[] | undefined;
  /** uids */
  readonly people?: readonly string[] | undefined;
}

/**
 * Returns the types and the filter by which a hook is sent these alarms and nothing else: a combo of gifts by the one event with which it reaches
 * the value.
 */
export function alarmSelection(
  types: readonly string[],
  { gifts, words, people }: Alarms,
): { types: readonly string[]; filter: string | null } {
  const wanted = new Set(types.filter((type) => type !== ""));
  const cases: string[] = [];
  if (gifts !== undefined) cases.push(`(type == "gift" && comboDiamonds >= ${gifts} && comboDiamonds - diamonds < ${gifts})`);
  if (words !== undefined) cases.push(`(type == "chat" && ${JSON.stringify(words)}.exists(word, text.contains(word)))`);
  if (people !== undefined) cases.push(`(type in ["chat", "gift", "join"] && user.id in ${JSON.stringify(people)})`);
  if (cases.length === 0) return { types: [...wanted], filter: null };
  const added = [
    ...(gifts !== undefined ? ["gift"] : []),
    ...(words !== undefined ? ["chat"] : []),
    ...(people !== undefined ? PERSONAL : []),
  ];
  const whole = new Set(added.filter((type) => !wanted.has(type)));
  const others = [...whole].map((type) => JSON.stringify(type)).join(", ");
  for (const type of whole) wanted.add(type);
  return { types: [...wanted], filter: `!(type in [${others}]) || ${cases.join(" || ")}` };
}
