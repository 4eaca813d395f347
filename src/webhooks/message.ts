import type { Page, RoomKey } from "../store/log.js";
import type { HookBatch, HookRow } from "../store/sql/hooks.js";
import type { StoredEvent } from "../store/stored-event.js";
import type { AlarmText } from "./alarm-text.js";
import { channelRequest, refusalIn, withoutKeys } from "./channels.js";
import { type Answered, type Send, signed } from "./send.js";

/** Message to a hook: its body, and the text that a channel brings in its place. */
interface HookMessage {
  /** The `webhook-id`. */
  readonly id: string;
  readonly body: string;
  readonly text: AlarmText | null;
}

/** Sends a message to a hook as it is set: signed to a program, as a text to a channel. @param now ms UTC */
export async function sendMessage(
  send: Send,
  hook: HookRow,
  { id, body, text }: HookMessage,
  now: number,
  signal: AbortSignal,
): Promise<Answered> {
  const { url, allowPrivate, channel } = hook;
  if (channel !== null && text !== null) {
    const refusal = (answer: string) => refusalIn(channel, answer);
    const answered = await send({ ...channelRequest(channel, url, text, now, id), allowPrivate, refusal }, signal);
    return withoutKeys(channel, url, answered);
  }
  const headers = { "content-type": "application/json; charset=utf-8", "user-agent": "dylive", ...signed(hook, id, body, now) };
  return send({ url, headers, body, allowPrivate }, signal);
}

/** Most bytes of a batch's events, unless one event alone is more. Most receivers take 1 MiB by default, some 100 KB. */
const BATCH_BYTES = 262_144;

/** Parameters of a batch. */
interface BatchOf {
  readonly hook: HookRow;
  /** Name of the log in which the seqs count. */
  readonly logId: string;
  readonly room: RoomKey;
  /** Last seq that was sent or left out, with everything before it. */
  readonly after: number;
  /** ms UTC */
  readonly now: number;
}

/**
 * Makes a batch of what was read of the log; null when there is nothing to send in it. A removed range that was passed over is sent without
 * events too: the receiver learns what it will never get.
 * @param rows those read that the hook is to be sent
 */
export function makeBatch({ hook, logId, room, after, now }: BatchOf, read: Page, rows: readonly StoredEvent[]): HookBatch | null {
  // A channel brings what happens, not what was removed before it was sent.
  if (rows.length === 0 && (read.removed === undefined || hook.channel !== null)) return null;
  const texts: string[] = [];
  let bytes = 0;
  for (const { text } of rows.slice(0, hook.maxEvents)) {
    bytes += Buffer.byteLength(text) + 1;
    if (texts.length > 0 && bytes > BATCH_BYTES) break;
    texts.push(text);
  }
  const to = texts.length < rows.length ? (rows[texts.length - 1]?.seq ?? read.scanned) : read.scanned;
  const from = after + 1;
  const removed = read.removed === undefined ? "" : `"removed":[${JSON.stringify(read.removed)}],`;
  // Signed, as the id is: a receiver tells what is sent again on request from what it was sent before.
  const replay = hook.replays > 0 ? `"replay":${hook.replays},` : "";
  const head = `"hook":${JSON.stringify(hook.id)},"log":${JSON.stringify(logId)},"room":${room},"from":${from},"to":${to}`;
  const body = `{${head},${replay}${removed}"events":[${texts.join(",")}]}`;
  // Hook, room and range, and what makes them mean the same forever: after a restored backup seqs are given again, in a log of another id.
  const id = `${hook.id}_${room}_${from}-${to}_${logId}${hook.replays > 0 ? `_${hook.replays}` : ""}`;
  return { id, room, from, to, events: texts.length, createdAt: now, tries: 0, body };
}
