import { WebSocket } from "ws";
import { type Big, readBig } from "./big-json.js";

type Fields = { [key: string]: Big };

/** What a consumer made of what it was sent. */
export interface Consumer {
  readonly said: string[];
  readonly chatIds: string[];
  /** Units of gifts, added up in the consumer's own way. */
  units: number;
  close(): void;
}

/**
 * A consumer as DouyinBarrageGrab bundles one (facts/peers-and-users.md section 5): connects to the bare port, sends a word, takes `Data`
 * apart as JSON of its own, goes by `Type`, compares the club's name, and speaks `Content`.
 */
export function grabConsumer(url: string, word = "token"): Consumer {
  const consumer: Consumer = { said: [], chatIds: [], units: 0, close: () => socket.terminate() };
  const socket = new WebSocket(`${url}/`);
  socket.on("error", () => {});
  socket.on("open", () => socket.send(word));
  socket.on("message", (text) => {
    const pack = readBig(String(text)) as Fields;
    const data = readBig(pack["Data"] as string) as Fields;
    const user = data["User"] as Fields | null;
    const content = data["Content"] as string;
    switch (pack["Type"]) {
      case 1:
        consumer.chatIds.push(String(data["MsgId"]));
        consumer.said.push(`${user?.["Nickname"]}(${user?.["PayLevel"]}): ${content}`);
        break;
      case 3: {
        const club = user?.["FansClub"] as Fields | undefined;
        consumer.said.push(`${club?.["ClubName"] === "Reset" ? "fan" : "viewer"} ${user?.["Nickname"]}`);
        break;
      }
      case 5:
        consumer.units += Number(data["GiftCount"]);
        consumer.said.push(`thanks: ${content}`);
        break;
      default:
        consumer.said.push(content);
    }
  });
  return consumer;
}

interface LiveMessage {
  readonly event?: string;
  readonly code?: string;
  readonly live?: boolean | null;
  readonly message?: string;
  readonly method?: string;
  readonly user?: { readonly id?: string; readonly nickname?: string };
  readonly content?: string;
  readonly common?: { readonly msgId?: string };
  readonly gift?: { readonly name?: string };
  readonly repeatCount?: string;
  readonly groupId?: string;
  readonly giftId?: string;
}

/** A consumer as jwwsjlm/douyinLive's documents show one: status first, then by `method`; a gift's combo is its largest `repeatCount`. */
export function liveConsumer(url: string, room: string): Consumer & { readonly codes: string[]; pongs: number } {
  const combos = new Map<string, number>();
  const socket = new WebSocket(`${url}/ws/${room}`);
  const consumer = {
    said: [] as string[],
    chatIds: [] as string[],
    codes: [] as string[],
    units: 0,
    pongs: 0,
    close: () => socket.terminate(),
  };
  socket.on("error", () => {});
  socket.on("open", () => socket.send("ping"));
  socket.on("message", (bytes) => {
    const text = String(bytes);
    if (text === "pong") {
      consumer.pongs++;
      return;
    }
    const data = JSON.parse(text) as LiveMessage;
    if (data.event === "live_status") {
      consumer.codes.push(data.code ?? "");
      return;
    }
    const name = data.user?.nickname ?? "";
    switch (data.method) {
      case "WebcastChatMessage":
        consumer.chatIds.push(data.common?.msgId ?? "");
        consumer.said.push(`${name} - ${data.content}`);
        break;
      case "WebcastGiftMessage": {
        const combo = `${data.user?.id} ${data.giftId} ${data.groupId ?? data.common?.msgId}`;
        const total = Number(data.repeatCount);
        consumer.units += Math.max(0, total - (combos.get(combo) ?? 0));
        combos.set(combo, Math.max(total, combos.get(combo) ?? 0));
        consumer.said.push(`${name} gave ${data.gift?.name}`);
        break;
      }
      default:
        consumer.said.push(data.method ?? "");
    }
  });
  return consumer;
}

interface TiktokMessage {
  readonly event: string;
  readonly data: {
    readonly comment?: string;
    readonly msgId: string;
    readonly nickname?: string;
    readonly giftType?: number;
    readonly repeatEnd?: boolean;
    readonly repeatCount?: number;
  };
}

/** A consumer as TikTok-Live-Connector's documents show one: a gift of type 1 counts when its streak has ended. */
export function tiktokConsumer(url: string): Consumer {
  const socket = new WebSocket(url);
  const consumer: Consumer = { said: [], chatIds: [], units: 0, close: () => socket.terminate() };
  socket.on("error", () => {});
  socket.on("message", (text) => {
    const { event, data } = JSON.parse(String(text)) as TiktokMessage;
    if (event === "chat") {
      consumer.chatIds.push(data.msgId);
      consumer.said.push(`${data.nickname}: ${data.comment}`);
    } else if (event === "gift") {
      if (data.giftType === 1 && !data.repeatEnd) return;
      consumer.units += data.repeatCount ?? 0;
    } else consumer.said.push(event);
  });
  return consumer;
}
