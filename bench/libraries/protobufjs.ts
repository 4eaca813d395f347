import type { Library, Response } from "./library.js";
import { GENERATED } from "./library.js";

/** The `long` package's integer, as protobufjs gives it. */
export interface Long {
  toString(): string;
  toNumber(): number;
}

interface Type<T> {
  decode(bytes: Uint8Array): T;
  encode(message: object): { finish(): Uint8Array };
}

interface PushFrame {
  logId: Long;
  headers: { key: string; value: string }[];
  payloadType: string;
  payload: Uint8Array;
}

type Generated = Record<string, Type<never>> & { Response: Type<Response<Long>>; PushFrame: Type<PushFrame> };

/** Static code of pbjs with Long, and the frame around a Response, which only the pipeline bench reads. */
export async function protobufjs(): Promise<Library<Long> & { readonly frame: Type<PushFrame> }> {
  const { dylive } = (await import(new URL("protobufjs.js", GENERATED).href)) as { dylive: { wire: Generated } };
  const types = dylive.wire;
  const decoder = (name: string) => {
    const type = types[name];
    if (type === undefined) throw new TypeError(`pbjs made no ${name}`);
    return (bytes: Uint8Array) => type.decode(bytes);
  };
  return {
    frame: types.PushFrame,
    response: (bytes) => types.Response.decode(bytes),
    chat: decoder("ChatMessage"),
    emojiChat: decoder("EmojiChatMessage"),
    member: decoder("MemberMessage"),
    like: decoder("LikeMessage"),
    social: decoder("SocialMessage"),
    fansclub: decoder("FansclubMessage"),
    gift: decoder("GiftMessage"),
    bindingGift: decoder("BindingGiftMessage"),
    lightGift: decoder("LightGiftMessage"),
    roomStats: decoder("RoomStatsMessage"),
    roomUserSeq: decoder("RoomUserSeqMessage"),
    roomRank: decoder("RoomRankMessage"),
    roomMessage: decoder("RoomMessage"),
    adaptation: decoder("RoomStreamAdaptationMessage"),
    id: (value) => value.toString(),
    number: (value) => value.toNumber(),
  };
}
