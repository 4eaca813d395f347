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
