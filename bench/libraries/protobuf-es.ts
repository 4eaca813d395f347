import { fromBinary } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import type { Library } from "./library.js";
import { GENERATED } from "./library.js";

type File = Record<string, GenMessage<never>>;

/** Nothing of ours reads unknown fields, so they need not be kept. */
const OPTIONS = { readUnknownFields: false };

/** protobuf-es v2, whose 64-bit integers are bigint. */
export async function protobufEs(): Promise<Library<bigint>> {
  const decoder = async (file: string, name: string) => {
    const code = (await import(new URL(`protobuf-es/${file}_pb.js`, GENERATED).href)) as File;
    const schema = code[`${name}Schema`];
    if (schema === undefined) throw new TypeError(`protoc-gen-es made no ${name}`);
    return (bytes: Uint8Array): never => fromBinary(schema, bytes, OPTIONS) as never;
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
    id: (value) => value.toString(),
    number: (value) => Number(value),
  };
}
