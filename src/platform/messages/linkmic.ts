import type { NewEventOf, Score, User } from "../../events/event.js";
import type { LinkMicArmies, LinkMicBattle, LinkMicBattleFinish } from "../wire/gen/battle.js";
import type { LinkMessage, LinkMicMethod, LinkmicProfitMessage, ListUser, ProfitInteractionScoreMessage } from "../wire/gen/linkmic.js";
import type { RoomLinkMicSyncData } from "../wire/gen/sync.js";
import type { User as WireUser } from "../wire/gen/user.js";
import { type Head, makeEvent, shownText } from "./head.js";
import { idOrNull, LONG, textOrNull } from "./text.js";
import { toUser } from "./user.js";

type LinkmicEvent = NewEventOf<"linkmic">;

// A link has some ten seats; a bound for hostile lists.
const MAX_LINKED = 100;

/** The messages about links and the battles of those who are linked. */
export const LINKMIC_EVENTS = {
  LinkMicMethod: linkmicMethodEvent,
  LinkMessage: linkEvent,
  LinkmicProfitMessage: paidLinkEvent,
  ProfitInteractionScoreMessage: interactionScoresEvent,
  LinkMicBattle: battleEvent,
  LinkMicBattleFinish: battleFinishEvent,
  LinkMicArmies: armiesEvent,
};

/**
 * Makes the event of the older message about links. Its list of types is unverified, so `code` is given as it came; in battles it carries
 * the running scores.
 */
function linkmicMethodEvent(message: LinkMicMethod, head: Head): LinkmicEvent {
  const event = linkmicEvent(head, null, message.messageType, message.channelId, users(message.linkedUsers, head), message.tips);
  if (message.userScores.length > 0) {
    const scores: Score[] = [];
    for (const { userId, score, battleRank } of message.userScores.slice(0, MAX_LINKED)) {
      scores.push({ userId, score, rank: battleRank > 0 ? battleRank : null });
    }
    event.scores = scores;
  }
  return event;
}

/** Makes the event of the newer message about links: the content that is present says what happened, and who is linked now. */
function linkEvent(message: LinkMessage, head: Head): LinkmicEvent {
  const { enterContent: entered, leaveContent: left, linkedListChangeContent: changed } = message;
  const action = entered !== null ? "enter" : left !== null ? "leave" : changed !== null ? "list_changed" : null;
  const list = (entered ?? left ?? changed)?.linkedUsers ?? [];
  return linkmicEvent(head, action, message.messageType, message.linkerId, users(list.map(who), head), shownText(head));
}

/** Makes the event of links for which guests pay. */
function paidLinkEvent(message: LinkmicProfitMessage, head: Head): LinkmicEvent {
  const { normalPaidLinkmicOpenContent: opened, normalPaidLinkmicCloseContent: closed } = message;
  const content = opened ?? closed ?? message.normalPaidLinkmicConfigUpdateContent;
  return linkmicEvent(head, null, message.msgType, "0", [], content?.waitingUserToast || shownText(head));
}

/** Makes the event of the scores of anchors who are linked. Null without any: it is kept as it came. */
function interactionScoresEvent({ anchorInfos, channelId }: ProfitInteractionScoreMessage, head: Head): LinkmicEvent | null {
  const scores: Score[] = [];
  for (const { key: userId, value } of anchorInfos.slice(0, MAX_LINKED)) {
    const score = Number(value?.score || Number.NaN);
    if (Number.isSafeInteger(score)) scores.push({ userId, score, rank: null });
  }
  return scores.length === 0 ? null : { ...linkmicEvent(head, "scores", 0, channelId, [], ""), scores };
}

/** Makes the event of who is linked, as the room's data tells it. */
export function linkedStateEvent(data: RoomLinkMicSyncData, version: string, head: Head): LinkmicEvent {
  const event = linkmicEvent(head, "list_changed", 0, "0", users(data.linkedUsers.map(who), head), "");
  event.version = version;
  return event;
}

function who(entry: ListUser): WireUser | null {
  return entry.user;
}

function users(list: readonly (WireUser | null)[], head: Head): User[] {
  const out: User[] = [];
  for (const user of list.slice(0, MAX_LINKED)) if (user !== null) out.push(toUser(user, head.context.anchorId));
  return out;
}

function linkmicEvent(head: Head, action: string | null, code: number, channelId: string, linked: User[], text: string): LinkmicEvent {
  return makeEvent("linkmic", head, {
    action,
    code: code === 0 ? null : code,
    channelId: idOrNull(channelId),
    users: linked,
    text: textOrNull(text, LONG),
  });
}

type BattleEvent = NewEventOf<"battle">;

/** Makes the event of a battle of anchors (PK) that starts or changes. */
function battleEvent(message: LinkMicBattle, head: Head): BattleEvent {
  const settings = message.battleSettings;
  const finished = settings !== null && settings.finished !== 0;
  return battleOf(head, idOrNull(settings?.battleId ?? "0"), finished ? "finished" : "running", [], settings?.theme ?? "");
}

/** Makes the event of a battle that ended, with the score of each side. */
function battleFinishEvent(message: LinkMicBattleFinish, head: Head): BattleEvent {
  const scores: Score[] = [];
  for (const { userId, userIdStr, score, battleRank } of message.battleScores.slice(0, 100)) {
    const id = userId === "0" ? (textOrNull(userIdStr, 24) ?? "0") : userId;
    scores.push({ userId: id, score, rank: battleRank > 0 ? battleRank : null });
  }
  return battleOf(head, idOrNull(message.battleSettings?.battleId ?? "0"), "finished", scores, message.cutShortPrompt);
}

/** Makes the event of a battle's helpers. The sides have no scores here: what helpers gave is not what the battle counts. */
function armiesEvent(message: LinkMicArmies, head: Head): BattleEvent {
  return battleOf(head, null, "helpers", [], message.topShowText);
}

function battleOf(head: Head, battleId: string | null, phase: string, scores: Score[], text: string): BattleEvent {
  return makeEvent("battle", head, { battleId, phase, scores, text: textOrNull(text, LONG) });
}
