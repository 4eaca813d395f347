import type { NewEventOf, Score } from "../../events/event.js";
import type { LinkMicArmies, LinkMicBattle, LinkMicBattleFinish } from "../wire/gen/battle.js";
import { idOrNull, LONG, textOrNull } from "./clean.js";
import { type Head, timed } from "./head.js";

type BattleEvent = NewEventOf<"battle">;

/** Makes the event of a battle of anchors (PK) that starts or changes. */
export function battleEvent(message: LinkMicBattle, head: Head): BattleEvent {
  const settings = message.battleSettings;
  const finished = settings !== null && settings.finished !== 0;
  return build(head, idOrNull(settings?.battleId ?? "0"), finished ? "finished" : "running", [], settings?.theme ?? "");
}

/** Makes the event of a battle that ended, with the score of each side. */
export function battleFinishEvent(message: LinkMicBattleFinish, head: Head): BattleEvent {
  const scores: Score[] = [];
  for (const { userId, userIdStr, score, battleRank } of message.battleScores.slice(0, 100)) {
    const id = userId === "0" ? (textOrNull(userIdStr, 24) ?? "0") : userId;
    scores.push({ userId: id, score, rank: battleRank > 0 ? battleRank : null });
  }
  return build(head, idOrNull(message.battleSettings?.battleId ?? "0"), "finished", scores, message.cutShortPrompt);
}

/** Makes the event of a battle's helpers. The sides have no scores here: what helpers gave is not what the battle counts. */
export function armiesEvent(message: LinkMicArmies, head: Head): BattleEvent {
  return build(head, null, "helpers", [], message.topShowText);
}

function build(head: Head, battleId: string | null, phase: string, scores: Score[], text: string): BattleEvent {
  const { context } = head;
  const event: BattleEvent = {
    id: head.id,
    room: context.room,
    webRid: context.webRid,
    sessionId: context.sessionId,
    method: head.method,
    type: "battle",
    time: head.time,
    receivedAt: context.receivedAt,
    source: context.source,
    revision: 0,
    battleId,
    phase,
    scores,
    text: textOrNull(text, LONG),
  };
  return timed(event, head);
}
