import type { LiveEvent, User } from "../api/model.js";
import type { Messages } from "../i18n/tables.js";

/** What a person is called. */
export function personName(user: Pick<User, "nickname" | "displayId">, m: Messages): string {
  return user.nickname || user.displayId || m.room.row.anonymous;
}

/** What an event says, without its person's name. The words of people and of the platform are in it: text, never HTML. */
export function saidBy(event: LiveEvent, m: Messages): string {
  const { row, feed } = m.room;
  switch (event.type) {
    case "chat":
      return event.text;
    case "gift":
      return `${row.sent} ${event.gift.name ?? event.gift.id} ×${event.delta || event.comboTotal}`;
    case "like":
      return row.likes(event.count, 1);
    case "join":
      return row.joins("", 1, 1).trim();
    case "follow":
      return row.follow;
    case "share":
      return row.share;
    case "leave":
      return row.leave;
    case "moderation":
      return row.moderation[event.action];
    case "fansclub":
      return event.text ?? row.fansclub[event.action];
    case "control":
      return event.tips ?? row.control[event.action];
    case "notice":
      return event.text ?? row.notice;
    case "product":
      return `${row.product} ${event.text ?? event.products.map(({ title }) => title ?? "").join("、")}`;
    case "battle":
      return [row.battle, event.scores.map(({ score }) => score).join(" : "), event.text ?? ""].filter(Boolean).join(" ");
    case "linkmic":
      return `${row.linkmic} ${event.text ?? event.users.map((user) => personName(user, m)).join("、")}`;
    case "lottery":
      return `${row.lottery} ${event.text ?? ""}`;
    case "state":
      return feed.state(stateWord(event.from, m), stateWord(event.to, m));
    case "system":
      return event.text;
    case "erased":
      return row.erased;
    default:
      // These are no lines of a feed, or have one of their own. A new type does not compile before it is decided here or above.
      event.type satisfies "stats" | "rank" | "gap" | "unknown";
      return row.unknown(event.method);
  }
}

/** An event in one line, with its person's name. */
export function lineOf(event: LiveEvent, m: Messages): string {
  const said = saidBy(event, m);
  if (!("user" in event) || event.user === undefined) return said;
  const name = personName(event.user, m);
  return event.type === "chat" ? m.room.row.chat(name, said) : `${name} ${said}`;
}

function stateWord(state: string | null, { rooms: { states } }: Messages): string {
  return state !== null && state in states ? states[state as keyof typeof states] : (state ?? "–");
}
