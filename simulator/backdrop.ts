import { asset, common, type OutgoingEnvelope, stringPiece, text, userPiece } from "./messages.js";
import type { Contributor, SimulatedPerson } from "./people.js";
import type { Schema, SchemaFields } from "./schema.js";

/** Makes the message with the count of current viewers as the page shows it. */
export function roomStats(envelope: OutgoingEnvelope, viewers: number): SchemaFields {
  const shown = shortNumber(viewers);
  return {
    common: common(envelope),
    display_short: shown,
    display_middle: shown,
    display_long: `${shown}在线观众`,
    display_value: viewers,
    display_version: 1663849727,
    total: viewers,
    display_type: 1,
  };
}

/** Makes the message with viewers now and so far, and the top three. */
export function roomUserSeq(envelope: OutgoingEnvelope, viewers: number, totalViewers: number, top: readonly Contributor[]): SchemaFields {
  return {
    common: common(envelope),
    ranks: top.map(({ person }, index) => ({ user: person.user, rank: index + 1 })),
    total: viewers,
    pop_str: shortNumber(viewers),
    total_user: totalViewers,
    total_user_str: shortNumber(totalViewers),
    total_str: shortNumber(viewers),
    online_user_for_anchor: shortNumber(viewers),
    total_pv_for_anchor: shortNumber(totalViewers),
    up_right_stats_str: shortNumber(viewers),
    up_right_stats_str_complete: `${shortNumber(viewers)}在线观众`,
  };
}

/** Makes the message with the rank of viewers: the first three by text, which is empty where there is none, and all by number. */
export function roomRank(envelope: OutgoingEnvelope, top: readonly Contributor[]): SchemaFields {
  return {
    common: common(envelope),
    ranks: top.slice(0, 3).map(({ person, score }) => ({ user: person.mention, score_str: score > 0 ? `${score}` : "" })),
    audience_ranks: top.map(({ person, score }, index) => ({
      user: person.mention,
      rank: index + 1,
      // The platform gives the number of some as text alone.
      ...(score === 0 ? {} : index % 3 === 2 ? { exactly_score: `${score}` } : { score }),
    })),
  };
}

/** Makes the hint on the picture's layout: the commonest message of little value. */
export function adaptation(envelope: OutgoingEnvelope): SchemaFields {
  return { common: common(envelope), adaptation_type: 1 };
}

/** A key of the room's data, and its payload; without one the payload is of no use. */
interface RoomData {
  readonly key: string;
  readonly payload?: SchemaFields;
}

/** Makes the data of what is pinned: one comment, for a minute. */
export function pinned(who: SimulatedPerson, content: string, msgId: string, atMs: number): RoomData {
  const comment = { content, nick_name: who.nickname, commenter_id: who.id, msg_id: msgId };
  const item = { item_id: msgId, end_time: Math.floor(atMs / 1000) + 60, data_type: 4, comment_data: comment };
  return { key: "HighlightContainerSyncData", payload: { highlight_items: [item] } };
}

/** Makes the data of a lottery of 100 diamonds as it stands: somebody takes part every second. */
export function lotteryState(lotteryId: number, participants: number, atMs: number): RoomData {
  const start = Math.floor(atMs / 1000) - participants;
  const prize = { lucky_count: 10, candidate_total_count: participants, lottery_type: 1, prize_count: 100 };
  return { key: "LotteryInfoSyncData", payload: { lottery_id: lotteryId, ...prize, start_time: start, draw_time: start + 600 } };
}

/** Makes the data of who is linked. */
export function linkedState(linked: readonly SimulatedPerson[]): RoomData {
  return { key: "RoomLinkMicSyncData", payload: { linked_users: linked.map(seat) } };
}

/** Makes the message with a key of the room's data. */
export function dataSync(envelope: OutgoingEnvelope, schema: Schema, { key, payload }: RoomData, atMs: number): SchemaFields {
  return {
    common: common(envelope),
    room_id: envelope.roomId,
    sync_key: key,
    version: `${atMs}020874`,
    payload: payload === undefined ? Buffer.from(`\n\x13${envelope.roomId}`, "latin1") : schema.encode(key, payload),
  };
}

/** Makes a system text of the kind that a room starts with. */
export function welcome(envelope: OutgoingEnvelope): SchemaFields {
  return {
    common: common(envelope),
    content: "欢迎来到直播间！抖音严禁未成年人直播或打赏，严禁主播诱导未成年人直播、打赏；严禁传播违法违规、低俗色情内容。",
    room_message_type: 4,
    biz_scene: "welcome",
  };
}

/** Makes the anchor's introduction of the room. It has no time of its own, and an id of the day when it was written. */
export function roomIntro(envelope: OutgoingEnvelope, anchor: SimulatedPerson): SchemaFields {
  return { common: common(envelope), user: anchor.user, intro: "欢迎来到直播间，感谢大家观看" };
}

/** Makes a system text about a viewer, whose words are in the template only. */
export function topViewer(envelope: OutgoingEnvelope, who: SimulatedPerson, place: number): SchemaFields {
  const became = text("sound_waves_msg_v2", "恭喜{0:user}成为在线观众TOP{1:string}", [userPiece(who.user), stringPiece(`${place}`)]);
  return { common: common(envelope, { display_text: became }), biz_scene: "top_viewer" };
}

/** Makes a message about goods: 1 is being explained, 2 the list changed. */
export function shopping(
  envelope: OutgoingEnvelope,
  promotionId: string,
  title: string,
  cents: number,
  total: number,
  atMs: number,
): SchemaFields {
  return {
    common: common(envelope),
    msg_type: 6,
    promotion_id: promotionId,
    ecom_notice: `主播正在讲解：${title}`,
    updated_product_ids: [promotionId],
    update_type: 1,
    updated_product_info: {
      price: cents,
      title,
      cover: `https://p3-item.ecombdimg.com/img/ecom-shop-material/${promotionId}.jpeg`,
      status: 1,
    },
    update_timestamp: Math.floor(atMs / 1000),
    promotions_num: total,
    update_toast: `${title} 已上架`,
  };
}

/** Makes the message that the list of goods changed. @param explained place of those that are being explained, from 0 */
export function productChange(envelope: OutgoingEnvelope, promotionIds: readonly string[], explained: number, atMs: number): SchemaFields {
  return {
    common: common(envelope),
    update_timestamp: Math.floor(atMs / 1000),
    update_toast: "商品列表已更新",
    update_product_info: promotionIds.map((id, index) => ({
      promotion_id: id,
      index: index + 1,
      ...(index === explained ? { explain_type: 2 } : {}),
    })),
    total: promotionIds.length,
  };
}

/** Makes the message that the broadcast pauses, resumes or ends. */
export function control(envelope: OutgoingEnvelope, action: number, tips: string): SchemaFields {
  return { common: common(envelope), action, tips };
}

/** Makes the newer message that somebody came to the microphone or left it. */
export function link(envelope: OutgoingEnvelope, guest: SimulatedPerson, linked: readonly SimulatedPerson[], came: boolean): SchemaFields {
  const seats = linked.map(seat);
  return {
    common: common(envelope),
    message_type: came ? 2 : 3,
    linker_id: "7624505691839466264",
    scene: 4,
    ...(came
      ? { enter_content: { linked_users: seats, user_id: guest.id } }
      : { leave_content: { user_id: guest.id, linked_users: seats, user: { user: guest.user } } }),
  };
}

function seat(person: SimulatedPerson, index: number): SchemaFields {
  return { user: person.user, linkmic_id_str: person.id, link_status: 2, link_type: 1, user_position: index };
}

/** Returns a number as the platform shortens it. */
export function shortNumber(value: number): string {
  return value < 10_000 ? `${value}` : `${(value / 10_000).toFixed(1)}万`;
}

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
