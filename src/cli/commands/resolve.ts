import { type Config, readMachine } from "../../app/config.js";
import { reachOf } from "../../app/platform.js";
import { type Answer, answerOf, resolveText, STEP_WORDS, StepError, type TextAnswer } from "../../platform/links/resolve.js";
import { PlatformAccess, wayOf } from "../../platform/platform-access.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Msg, msg, msgOf, recorded } from "../../runtime/msg.js";
import { exitWith, interruptSignal } from "../stop.js";
import { print } from "../terminal.js";

const SENTENCES: Readonly<Record<Answer, string>> = {
  live: "is live",
  live_audio: "is live, with sound only",
  paused: "is live, and has paused the broadcast",
  not_live: "is not live",
  ended: "is not live: the last broadcast is over",
  no_room: "is not live, and has no room yet",
  no_account: "There is no such account or room",
  unknown: "The platform did not say what this is",
};

/** `dylive resolve TEXT`: what the text names, in words or as JSON. Exit code 1 when that is unknown, 2 when the text names no room. */
export async function resolve(config: Config, text: string, { json }: { readonly json: boolean }): Promise<void> {
  const stop = interruptSignal();
  const reach = reachOf(config, readMachine(), systemClock);
  const access = new PlatformAccess(reach, wayOf());
  try {
    const { platform, inPage } = access;
    const answer = await resolveText(text, { platform, visitor: await access.asker(stop), inPage }, stop);
    if (answer.resolved.outcome === "unknown") exitWith(1);
    if (json) await print(JSON.stringify(asJson(text, answer)));
    else for (const sentence of sentencesOf(answer)) await print(sentence);
  } catch (error) {
    if (!json || !(error instanceof DyliveError)) throw error;
    exitWith(error.row.fault === "caller" ? 2 : 1);
    const step = error instanceof StepError ? error.step : null;
    await print(JSON.stringify({ text, answer: error.code, step, reason: error.detail }));
  } finally {
    access.leave();
    await reach.identities.close();
  }
}

/** Returns the answer as programs read it. */
function asJson(text: string, { name, broadcast, resolved }: TextAnswer): Record<string, unknown> {
  const base = { text, answer: answerOf(resolved), step: resolved.step, name, broadcast };
  if (!("facts" in resolved)) return { ...base, reason: resolved.reason };
  return { ...base, roomId: resolved.roomId, ...resolved.facts };
}

/** Returns the answer as people read it; the platform's words are in it as they are. */
function sentencesOf({ broadcast, resolved }: TextAnswer): readonly Msg[] {
  const words = msgOf(SENTENCES[answerOf(resolved)]);
  if (!("facts" in resolved)) {
    const tail = resolved.outcome === "unknown" ? [msg`Try again in a minute; \`dylive doctor\` shows which step is broken.`] : [];
    return [msg`${words}: ${recorded(String(resolved.reason))} (${msgOf(STEP_WORDS[resolved.step])}).`, ...tail];
  }
  const { facts, roomId, webRid } = resolved;
  const lines = [msg`${facts.anchor?.nickname ?? msg`The anchor`} ${words}${facts.title === null ? "." : `: ${facts.title}`}`];
  lines.push(msg`room ${webRid}, https://live.douyin.com/${webRid}`);
  if (roomId !== null) lines.push(msg`${resolved.outcome === "live" ? msg`broadcast` : msg`last broadcast`} ${roomId}`);
  if (facts.online !== null)
    lines.push(msg`${facts.online} watching${facts.totalViewers === null ? "" : msg`, ${facts.totalViewers} so far`}`);
  if (broadcast !== null && broadcast !== roomId) lines.push(msg`The broadcast ${broadcast} that the text names is over.`);
  return lines;
}
