import { platformId } from "../events/describe.js";
import type { NewEventOf, User } from "../events/event.js";
import { isDate } from "./columns.js";
import type { Encode, ExportAbout } from "./format.js";
import { type Placed, placed } from "./timed.js";

/** Writes chat and gifts as Bilibili's tools read them (DanmakuFactory, danmaku2ass, biliLive-tools): `<d p="…">` and `<gift …/>`. */
export const xml: Encode = async function* (batches, about) {
  yield headOf(about);
  for await (const batch of placed(batches, about)) yield batch.map(elementOf).join("");
  yield "</i>\n";
};

function headOf({ webRid, title, anchor, startMs, sessionId, gaps }: ExportAbout): string {
  const about = {
    room: webRid,
    session: sessionId,
    name: anchor,
    title,
    start_time: startMs === null ? null : dateOf(startMs),
  };
  const missing = gaps.map(({ from, to, reason }) => {
    const interval = { from: from === null ? null : dateOf(from), to: dateOf(to), reason };
    return `<gap${attributes(interval)}/>\n`;
  });
  // danmaku2ass tells the format by the first 44 characters: no line break before <i>.
  return `<?xml version="1.0" encoding="UTF-8"?><i><chatserver>live.douyin.com</chatserver><chatid>0</chatid><mission>0</mission><maxlimit>1000</maxlimit><source>0</source>
<dylive${attributes(about)}/>
${missing.join("")}`;
}

function dateOf(at: number): string | null {
  return isDate(at) ? new Date(at).toISOString() : null;
}

function elementOf({ at, event }: Placed): string {
  if (event.type === "chat") return chatOf(at, event, platformId(event) ?? "0");
  // An event that only ends a combo gave nothing.
  return event.type === "gift" && event.delta > 0 ? giftOf(at, event) : "";
}

function chatOf(at: number, { user, text, time }: NewEventOf<"chat">, msgId: string): string {
  // Mode 1, from right to left, size 25, the middle one, white: Bilibili's own default.
  const p = [seconds(at), 1, 25, 0xffffff, Math.floor(time / 1000), 0, user.id ?? "0", msgId].join(",");
  // A line break in a danmaku breaks the lines of the subtitles that tools make of it.
  return `<d p="${p}"${attributes({ ...personOf(user), timestamp: time })}>${xmlText(text.replace(/[\r\n\t]+/g, " "))}</d>\n`;
}

function giftOf(at: number, { user, gift, delta, unitDiamonds, time }: NewEventOf<"gift">): string {
  // A diamond is 0.1 CNY; the tools count in thousandths of one (facts/peers-and-users.md, section 5: 小心心, 1 diamond, is 100).
  const price = unitDiamonds === null ? null : unitDiamonds * 100;
  const given = { giftname: gift.name ?? `礼物${gift.id}`, giftcount: delta, price, ...personOf(user), timestamp: time };
  return `<gift${attributes({ ts: seconds(at), ...given })}/>\n`;
}

function personOf({ id, nickname }: User) {
  return { user: nickname ?? "", uid: id ?? "0" };
}

/** Writes attributes; those whose value is unknown are left out. */
function attributes(values: Readonly<Record<string, string | number | null>>): string {
  const known = Object.entries(values).filter(([, value]) => value !== null);
  return known.map(([name, value]) => ` ${name}="${xmlText(String(value))}"`).join("");
}

function seconds(at: number): string {
  return (at / 1000).toFixed(3);
}

/**
 * Pattern of what XML 1.0 has no way to write, not even as a reference: control characters but tab and line ends, U+FFFE, U+FFFF, and
 * surrogates that stand alone (without the u flag each half is looked at by itself).
 */
const UNWRITABLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SPECIAL = /[&<>"'\t\n\r]/g;
const WRITTEN: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/**
 * Writes text as it stands in XML, between tags or between quotes: well-formed whatever it is, and read back as it was but for what XML
 * cannot hold.
 */
export function xmlText(text: string): string {
  return text.replace(UNWRITABLE, "\ufffd").replace(SPECIAL, (sign) => WRITTEN[sign] ?? sign);
}
