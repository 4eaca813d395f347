import type { Room } from "../api/model.js";
import type { Lang } from "../format/number.js";
import { percent } from "../format/number.js";
import { duration } from "../format/time.js";
import { isolated, type Part, seen } from "../i18n/strangers.js";
import { type Messages, reasonIn } from "../i18n/tables.js";

/** A room's state as people are shown it: the server's, or why there is none. */
export type ShownState = keyof Messages["rooms"]["states"];

/** Messages that wait for so long make the server say that a room is stalled. */
const HELD_UP_MS = 5000;

/** How much a line should worry. */
export type Tone = "good" | "plain" | "bad";

/** A line of the truth meter. */
export interface TruthLine {
  readonly tone: Tone;
  readonly text: Part;
}

/** The state that is shown of a room. */
export function stateOf({ status, watch }: Pick<Room, "status" | "watch">): ShownState {
  if (watch === "paused") return "paused";
  return status?.state ?? "idle";
}

export function toneOf(state: ShownState): Tone {
  if (state === "live") return "good";
  return state === "stalled" || state === "blocked" || state === "failed" ? "bad" : "plain";
}

/** What a room is called: its title, else its anchor, else its number. */
export function nameOf({ title, anchor, webRid, id }: Room, m: Messages): string {
  return seen(title) || seen(anchor?.nickname) || m.rooms.card.unnamed(isolated(webRid ?? id));
}

/** States whose own sentence says all that the server's reason would say. */
const SELF_EVIDENT: readonly ShownState[] = ["live", "resolving", "waiting"];

/** What was seen of a room, in plain words, most important first. */
export function truthOf(room: Pick<Room, "status" | "watch">, now: number, m: Messages, lang: Lang): readonly TruthLine[] {
  const { truth } = m.rooms;
  const state = stateOf(room);
  const lines: TruthLine[] = [{ tone: toneOf(state), text: stateSentence(room, state, now, m, lang) }];
  const { status } = room;
  if (status === null || state === "paused") return lines;
  const { evidence } = status;
  const since = (at: number) => duration(Math.max(0, now - at), lang);
  if (!SELF_EVIDENT.includes(state)) lines.push({ tone: "plain", text: truth.why(isolated(reasonIn(evidence.reason, m))) });
  if (evidence.lastInteractiveAt !== null) lines.push({ tone: "plain", text: truth.lastMessage(since(evidence.lastInteractiveAt)) });
  else if (state !== "waiting" && state !== "ended") lines.push({ tone: "plain", text: truth.noMessage });
  if (state !== "waiting") lines.push(...collectedLines(status, now, m, lang));
  return lines;
}

function stateSentence({ status }: Pick<Room, "status">, state: ShownState, now: number, { rooms: { truth } }: Messages, lang: Lang): Part {
  const { since = now, lastInteractiveAt = null, reason = "", storage } = status?.evidence ?? {};
  switch (state) {
    case "live":
      return truth.receiving(duration(now - since, lang));
    case "connecting":
      return truth.connectingSince(duration(now - since, lang));
    case "stalled":
      if (isHeldUp(storage, now)) return truth.heldUp(storage?.waiting ?? 0, duration(now - (storage?.waitingSince ?? now), lang));
      return truth.stalled(duration(now - (lastInteractiveAt ?? since), lang));
    case "failed":
      return / HTTP 404$|has been deleted$/.test(reason) ? truth.failedForGood : truth.failed;
    default:
      return truth[state];
  }
}

/** Whether a room is stalled since what comes is not stored, rather than since nothing comes. */
function isHeldUp(storage: NonNullable<Room["status"]>["evidence"]["storage"] | undefined, now: number): boolean {
  return storage !== undefined && storage.waitingSince !== null && now - storage.waitingSince >= HELD_UP_MS;
}

function collectedLines({ evidence }: NonNullable<Room["status"]>, now: number, m: Messages, lang: Lang): TruthLine[] {
  const { truth } = m.rooms;
  const { gifts, giftsSeen, gaps, login, reconnects, likesSeen, masked, sessions } = evidence;
  const isWithheld = gifts === "suppressed" || gifts === "partial";
  // Without an account of ours, the user's own browser may be logged in.
  const own = login.account === null && login.login === "logged_in";
  const guest = !own && (login.account === null || login.login === "guest");
  const drops = Object.entries(evidence.drops).reduce((sum, [reason, n]) => sum + (reason === "duplicate" ? 0 : n), 0);
  const lines: TruthLine[] = [
    {
      tone: gifts === "flowing" ? "good" : isWithheld ? "bad" : "plain",
      text: gifts === "suppressed" && guest ? truth.giftsGuest : truth.gifts[gifts],
    },
    ...(isWithheld ? [{ tone: "bad", text: truth.giftsMissing(giftsSeen.diamondsMissing, giftsSeen.diamondsWitnessed) } as const] : []),
    gaps.count === 0 ? { tone: "good", text: truth.noGaps } : { tone: "bad", text: truth.gaps(gaps.count, gapsLength(gaps, m, lang)) },
    login.account === null
      ? { tone: "plain", text: own ? truth.ownLogin : truth.guest }
      : login.login === "guest"
        ? { tone: "bad", text: truth.loginLapsed(isolated(login.account)) }
        : { tone: "plain", text: truth.login(isolated(login.account)) },
  ];
  if (sessions.length > 1) {
    const up = sessions.filter(({ state }) => state === "connected").length;
    lines.push({ tone: up < sessions.length ? "bad" : "plain", text: truth.sessions(up, sessions.length) });
    for (const session of sessions) {
      const length = (since: number) => duration(Math.max(0, now - since), lang);
      const { since, diamondsMissing, diamondsWitnessed } = session.giftsSeen;
      const name = isolated(session.session);
      if (session.lost !== null)
        lines.push({ tone: "bad", text: truth.sessionLost(name, length(session.lost.since), isolated(reasonIn(session.lost.reason, m))) });
      else if (session.state === "silent") lines.push({ tone: "bad", text: truth.sessionSilent(name, length(session.since)) });
      else if (since !== null && (session.gifts === "suppressed" || session.gifts === "partial"))
        lines.push({ tone: "bad", text: truth.sessionGifts(name, length(since), diamondsMissing, diamondsWitnessed) });
    }
  }
  if (reconnects > 0) lines.push({ tone: "plain", text: truth.reconnects(reconnects) });
  if (masked) lines.push({ tone: "plain", text: truth.masked });
  if (likesSeen !== null && likesSeen < 1) lines.push({ tone: "plain", text: truth.likesSeen(percent(likesSeen)) });
  if (drops > 0) lines.push({ tone: "plain", text: truth.drops(drops) });
  return lines;
}

/** How long gaps were together, as far as that is known. */
export function gapsLength(
  { count, totalMs, unmeasured }: NonNullable<Room["status"]>["evidence"]["gaps"],
  { rooms: { truth } }: Messages,
  lang: Lang,
): Part {
  if (unmeasured === count) return truth.unknownLength;
  const known = duration(totalMs, lang);
  return unmeasured === 0 ? known : truth.atLeast(known);
}
