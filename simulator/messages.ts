import { type Combo, type ComboStep, type Gift, giftStruct } from "./gifts.js";
import type { SimulatedPerson } from "./people.js";
import { image } from "./people.js";
import type { SchemaFields } from "./schema.js";

/** Envelope that every message has. */
export interface OutgoingEnvelope {
  readonly method: string;
  readonly msgId: string;
  readonly roomId: string;
  /** ms, or seconds, or absent, as the platform does by method */
  readonly createTime?: number;
}

/** Returns the envelope as a field of a message. */
export function common(envelope: OutgoingEnvelope, more: SchemaFields = {}): SchemaFields {
  return {
    method: envelope.method,
    msg_id: envelope.msgId,
    room_id: envelope.roomId,
    ...(envelope.createTime === undefined ? {} : { create_time: envelope.createTime }),
    is_show_msg: true,
    ...more,
  };
}

/** Makes the text of a template with its pieces. */
export function text(key: string, pattern: string, pieces: readonly SchemaFields[]): SchemaFields {
  return { key, default_pattern: pattern, default_format: { color: "#ffface15", weight: 400 }, pieces };
}

/** Makes a piece that is a user. */
export function userPiece(user: SchemaFields): SchemaFields {
  return { type: 11, format: { color: "#8CE7FF", weight: 400 }, user_value: { user } };
}

/** Makes a piece that is a text. */
export function stringPiece(value: string): SchemaFields {
  return { type: 1, format: { color: "#ffface15", weight: 400 }, string_value: value };
}

/** Makes an image of the platform's own store. */
export function asset(file: string, more: SchemaFields = {}): SchemaFields {
  return image(`-webcast.douyinpic.com/img/webcast/${file}~tplv-obj.image`, `webcast/${file}`, 1, more);
}

/** Returns how the public screen treats messages of ordinary viewers. @param given diamonds of what the viewer gave in this room */
function publicArea(label: string, action: number, given = 0): SchemaFields {
  return {
    user_label: asset(label, { avg_color: "#CCB1A3" }),
    ...(given > 0 ? { user_consume_in_room: given } : {}),
    individual_priority: 50,
    im_action: action,
    show_in_danmaku: true,
  };
}

/** Makes a chat; in some the platform leaves the creation time out and gives the event's seconds only. */
export function chat(envelope: OutgoingEnvelope, who: SimulatedPerson, content: string, atMs: number, given = 0): SchemaFields {
  return {
    common: common(envelope, { priority_score: 31000, app_id: 2329 }),
    user: who.user,
    content,
    public_area_common: publicArea("userlabel_regular_chat.png", 1, given),
    event_time: Math.floor(atMs / 1000),
    individual_chat_priority: 50,
  };
}

/** Makes an emoji that is a message of its own. */
export function emojiChat(envelope: OutgoingEnvelope, who: SimulatedPerson, name: string): SchemaFields {
  const emoji = asset("emoji_big.png", { content: { name } });
  return {
    common: common(envelope, { priority_score: 31000, app_id: 1128 }),
    user: who.user,
    emoji_id: "7195381943453489452",
    emoji_content: text("live_im_emoji", "{0:image}", [{ type: 15, image_value: { image: emoji, scaling_rate: 1 } }]),
    default_content: name,
    public_area_common: publicArea("userlabel_regular_chat.png", 1),
  };
}

/** Makes the message of a join. */
export function join(envelope: OutgoingEnvelope, who: SimulatedPerson, viewers: number, viaShare: boolean): SchemaFields {
  const came = text("invalid_key_placeholder", viaShare ? "{0:user} 通过分享来了" : "{0:user} 来了", [userPiece(who.mention)]);
  return {
    common: common(envelope, { display_text: came, fold_type: 1, priority_score: 42000, app_id: 1128 }),
    user: who.user,
    ...(viewers > 0 ? { member_count: viewers } : {}),
    action: 1,
    user_id: who.id,
    ...(viaShare ? { anchor_display_text: came } : {}),
    ...(viaShare ? { enter_type: 6, user_enter_tip_type: 6 } : {}),
  };
}

/** Makes the message about what an admin did to a member: the actions of MemberMessage beside joining. */
export function moderation(
  envelope: OutgoingEnvelope,
  who: SimulatedPerson,
  operator: SimulatedPerson,
  action: number,
  description: string,
): SchemaFields {
  return {
    common: common(envelope, { app_id: 1128 }),
    user: who.user,
    operator: operator.user,
    action,
    action_description: description,
    user_id: who.id,
  };
}

/** Makes the message of a batch of likes. */
export function like(envelope: OutgoingEnvelope, who: SimulatedPerson, count: number, total: number): SchemaFields {
  const liked = text("live_room_like", "{0:user} 为主播点赞了", [userPiece(who.mention)]);
  return {
    common: common(envelope, { display_text: liked, app_id: 1128 }),
    user: who.user,
    count,
    total,
    double_like_detail: { double_flag: true, seq_id: 1, renewals_num: 1, triggers_num: 1 },
    display_control_info: { show_text: true, show_icons: true },
    public_area_common: publicArea("userlabel_regular_like.png", 4),
  };
}

/** Makes the message of a follow or a share. */
export function social(envelope: OutgoingEnvelope, who: SimulatedPerson, action: 1 | 3, followers: number, shares: number): SchemaFields {
  const done = text("live_room_social", action === 1 ? "{0:user} 关注了主播" : "{0:user} 分享了直播间", [userPiece(who.mention)]);
  return {
    common: common(envelope, { display_text: done, app_id: 1128 }),
    user: who.user,
    action,
    ...(action === 1 ? { follow_count: followers } : { share_type: 1, share_target: "112", share_total_count: shares }),
    public_area_common: publicArea("userlabel_regular_follow.png", 5),
  };
}

/** Makes the message of a join of the fans club or an upgrade in it. */
export function fansclub(envelope: OutgoingEnvelope, who: SimulatedPerson, action: 1 | 2, club: string): SchemaFields {
  const content = action === 2 ? `恭喜 ${who.nickname} 加入了${club}粉丝团` : `恭喜 ${who.nickname} 粉丝团等级升级`;
  return { common: common(envelope), action, content, user: who.user, public_area_common: publicArea("userlabel_regular_club.png", 6) };
}

/** Fields that the messages of one gift have in common. */
export interface GiftContext {
  readonly sender: SimulatedPerson;
  /** A guest or the rival of a PK; null is the anchor. */
  readonly receiver: SimulatedPerson | null;
  readonly combo: Combo;
  /** "0" for kinds that have none */
  readonly groupId: string;
  /** Names the combo. */
  readonly logId: string;
  readonly traces: "combo" | "click" | "none";
  readonly roomTickets: number;
  /** Clicks as repeat_count and units as total_count, as some clients do; else units as repeat_count. */
  readonly clicksAsRepeat: boolean;
  /** Whether the gift's name and price are missing. */
  readonly isBare: boolean;
}

/** Makes one update of a gift. Its times are in milliseconds while the combo runs and in seconds when it ends. */
export function gift(envelope: OutgoingEnvelope, context: GiftContext, step: ComboStep, atMs: number): SchemaFields {
  const { sender, receiver, combo } = context;
  const units = step.clicks * combo.unitsPerClick;
  const time = step.end ? Math.floor(atMs / 1000) : atMs;
  const sent = text("webcast_aweme_gift_send_message_v3", "{0:user} 送出{1:string}{2:image} {3:string}", [
    userPiece(sender.mention),
    stringPiece(combo.gift.name),
    { type: 15, image_value: { image: asset(`${combo.gift.picture}.png`, { avg_color: "#A3C4CC" }) } },
    stringPiece(`x${units}`),
  ]);
  return {
    common: common(
      { ...envelope, createTime: time },
      {
        // The text says 送给主播 even when a guest receives it.
        describe: `${sender.nickname}:送给主播 ${units}个${combo.gift.name}`,
        display_text: sent,
        priority_score: 31000,
        log_id: context.logId,
        app_id: 6383,
      },
    ),
    gift_id: combo.gift.id,
    fan_ticket_count: combo.gift.diamonds * units * 10,
    group_count: combo.unitsPerClick,
    repeat_count: context.clicksAsRepeat ? step.clicks : units,
    combo_count: step.clicks,
    user: sender.user,
    ...(receiver === null ? {} : { to_user: receiver.user, to_user_ids: [receiver.id] }),
    ...(step.end ? { repeat_end: 1 } : {}),
    ...(context.groupId === "0" ? {} : { group_id: context.groupId }),
    room_fan_ticket_count: context.roomTickets,
    gift: giftStruct(combo.gift, context.isBare),
    log_id: context.logId,
    send_type: combo.gift.combo ? (combo.unitsPerClick > 1 && combo.clicks === 1 ? 0 : 4) : 1,
    public_area_common: publicArea("userlabel_regular_watch.png", 3),
    total_count: units,
    send_time: time,
    ...(context.traces !== "none" && { trace_id: `${context.logId}${context.traces === "click" ? step.clicks : ""}` }),
  };
}

/** Makes the compact form of a gift, as one was captured: it has neither group nor trace, so each stands for itself, nor the gift's name. */
export function lightGift(envelope: OutgoingEnvelope, sender: SimulatedPerson, given: Gift, count: number): SchemaFields {
  return {
    common: common(envelope, { user: sender.user }),
    group_count: 1,
    repeat_count: count,
    gift_info: { gift_id: given.id, gift_icon: asset(`${given.picture}.png`), diamond_count: given.diamonds },
    send_type: 1,
    count,
  };
}
