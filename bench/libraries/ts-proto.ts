import type { Library } from "./library.js";
import { GENERATED } from "./library.js";

type File = Record<string, { decode(bytes: Uint8Array): never }>;

/** ts-proto with `forceLong=string`. */
export function tsProtoString(): Promise<Library<string>> {
  return tsProto("ts-proto-string", { id: (value) => value, number: (value) => Number(value) });
}

/** ts-proto with `forceLong=bigint`. */
export function tsProtoBigint(): Promise<Library<bigint>> {
  return tsProto("ts-proto-bigint", { id: (value) => value.toString(), number: (value) => Number(value) });
}

async function tsProto<L>(folder: string, integers: Pick<Library<L>, "id" | "number">): Promise<Library<L>> {
  const decoder = async (file: string, name: string) => {
    const code = (await import(new URL(`${folder}/${file}.js`, GENERATED).href)) as File;
    const type = code[name];
    if (type === undefined) throw new TypeError(`ts-proto made no ${name}`);
    return (bytes: Uint8Array) => type.decode(bytes);
  };
  return {
    response: await decoder("frame", "Response"),
    chat: await decoder("chat", "ChatMessage"),
    emojiChat: await decoder("chat", "EmojiChatMessage"),
    member: await decoder("member", "MemberMessage"),
    like: await decoder("like", "LikeMessage"),
    social: await decoder("social", "SocialMessage"),
    fansclub: await decoder("fansclub", "FansclubMessage"),
    gift: await decoder("gift", "GiftMessage"),
    bindingGift: await decoder("gift", "BindingGiftMessage"),
    lightGift: await decoder("gift", "LightGiftMessage"),
    roomStats: await decoder("stats", "RoomStatsMessage"),
    roomUserSeq: await decoder("stats", "RoomUserSeqMessage"),
    roomRank: await decoder("rank", "RoomRankMessage"),
    roomMessage: await decoder("notice", "RoomMessage"),
    adaptation: await decoder("low", "RoomStreamAdaptationMessage"),
    ...integers,
  };
}
