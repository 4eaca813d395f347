import type { OutgoingEnvelope } from "./messages.js";
import { asset, common } from "./messages.js";
import type { SimulatedPerson } from "./people.js";
import type { SchemaFields } from "./schema.js";

/** One battle between the room's anchor and a rival. */
export interface Battle {
  readonly battleId: string;
  readonly channelId: string;
  readonly startMs: number;
  readonly durationS: number;
  readonly anchor: SimulatedPerson;
  readonly rival: SimulatedPerson;
}

/** Makes the message that the battle starts. */
export function battleStart(envelope: OutgoingEnvelope, battle: Battle): SchemaFields {
  return { common: common(envelope), battle_settings: settings(battle, false), user_infos: sides(battle), battle_type: 1 };
}

/** Makes the message that tells who helps whom during the battle. */
export function battleArmies(
  envelope: OutgoingEnvelope,
  battle: Battle,
  helpers: readonly SimulatedPerson[],
  scores: readonly [number, number],
): SchemaFields {
  const army = (people: readonly SimulatedPerson[], score: number): SchemaFields => ({
    user_armies: people.map((person, index) => ({
      user_id: person.id,
      score: Math.floor(score / (index + 2)),
      nickname: person.nickname,
      avatar_thumb: asset("army.png"),
    })),
  });
  return {
    common: common(envelope),
    user_armies_map: [
      { key: battle.anchor.id, value: army(helpers.slice(0, 2), scores[0]) },
      { key: battle.rival.id, value: army(helpers.slice(2), scores[1]) },
    ],
    top_show_text: `${scores[0]} : ${scores[1]}`,
  };
}

/** Makes the older message, with the scores of the link between the anchors. */
export function linkScores(envelope: OutgoingEnvelope, battle: Battle, scores: readonly [number, number]): SchemaFields {
  return {
    common: common(envelope),
    message_type: 8,
    user_id: battle.anchor.id,
    channel_id: battle.channelId,
    start_time: Math.floor(battle.startMs / 1000),
    duration: battle.durationS,
    user_scores: [
      { score: scores[0], user_id: battle.anchor.id },
      { score: scores[1], user_id: battle.rival.id },
    ],
    match_type: 1,
    start_time_ms: battle.startMs,
    rival_anchor_id: battle.rival.id,
  };
}

/** Makes the message that the battle is over. */
export function battleFinish(
  envelope: OutgoingEnvelope,
  battle: Battle,
  helpers: readonly SimulatedPerson[],
  scores: readonly [number, number],
): SchemaFields {
  const [ours, theirs] = scores;
  return {
    common: common(envelope),
    battle_settings: settings(battle, true),
    battle_armies: [
      {
        anchor_id: battle.anchor.id,
        anchor_id_str: battle.anchor.id,
        rank_list: helpers.slice(0, 2).map((person, index) => ({
          user_id: person.id,
          nickname: person.nickname,
          score: Math.floor(ours / (index + 2)),
          user_id_str: person.id,
        })),
      },
    ],
    battle_scores: [
      { score: ours, user_id: battle.anchor.id, user_id_str: battle.anchor.id, battle_rank: ours >= theirs ? 1 : 2 },
      { score: theirs, user_id: battle.rival.id, user_id_str: battle.rival.id, battle_rank: ours >= theirs ? 2 : 1 },
    ],
    anchors: [battle.anchor.user, battle.rival.user],
    end_reason: 1,
    user_infos: sides(battle),
  };
}

function settings(battle: Battle, finished: boolean): SchemaFields {
  return {
    battle_id: battle.battleId,
    start_time_ms: battle.startMs,
    duration: battle.durationS,
    channel_id: battle.channelId,
    match_type: 1,
    ...(finished ? { finished: 1 } : {}),
    battle_status: finished ? 3 : 1,
  };
}

function sides(battle: Battle): SchemaFields[] {
  return [battle.anchor, battle.rival].map((person, index) => ({
    key: person.id,
    value: {
      user: { user_id: person.id, nick_name: person.nickname, avatar_thumb: asset("side.png"), user_id_str: person.id },
      multi_pk_team_id: index + 1,
    },
  }));
}
