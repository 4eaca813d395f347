import type { LiveEvent, LiveEventOf, User } from "../api/model.js";
import { isolated, type Part, seen } from "../i18n/strangers.js";
import { type Messages, reasonIn } from "../i18n/tables.js";

/** What a person is called. */
export function personName(user: Pick<User, "nickname" | "displayId">, m: Messages): string {
  return seen(user.nickname) || seen(user.displayId) || m.room.row.anonymous;
}

/** What an event says, without its person's name. The words of people and of the platform are in it: text, never HTML. */
export function saidBy(event: LiveEvent, m: Messages): string {
  const { row, feed } = m.room;
  switch (event.type) {
    case "chat":
      return event.text;
    case "gift":
      return `${row.sent} ${isolated(event.gift.name ?? event.gift.id)} ×${event.delta || event.comboTotal}`;
    case "like":
      return row.likes(event.count, 1);
    case "join":
      return row.joins([isolated("")], 1).trim();
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
    case "pin":
      return event.pins.length === 0
        ? row.unpinned
        : `${row.pinned} ${event.pins.map(({ user, text }) => row.chat(isolated(personName(user, m)), isolated(text))).join(" · ")}`;
    case "product":
      return productSaid(event, m);
    case "battle":
      return [row.battle, event.scores.map(({ score }) => score).join(" : "), isolated(event.text ?? "")].filter(Boolean).join(" ");
    case "linkmic":
      return `${row.linkmic} ${event.text === null ? event.users.map((user) => isolated(personName(user, m))).join(row.comma) : isolated(event.text)}`;
    case "lottery":
      return lotterySaid(event, m);
    case "state":
      return feed.state(stateWord(event.from, m), stateWord(event.to, m));
    case "system":
      return reasonIn(event.text, m);
    case "work":
      return `${row.work} ${isolated(event.text ?? "")}`;
    case "erased":
      return row.erased;
    default:
      // These are no lines of a feed, or have one of their own. A new type does not compile before it is decided here or above.
      event.type satisfies "stats" | "rank" | "gap" | "unknown";
      return row.unknown(isolated(event.method));
  }
}

/** An event in one line, with its person's name. */
export function lineOf(event: LiveEvent, m: Messages): string {
  const said = saidBy(event, m);
  if (!("user" in event) || event.user === undefined) return said;
  const name = isolated(personName(event.user, m));
  return event.type === "chat" ? m.room.row.chat(name, isolated(said)) : `${name} ${said}`;
}

function productSaid({ explaining, products, text }: LiveEventOf<"product">, { room: { row } }: Messages): string {
  const explained = products.find(({ id }) => id === explaining);
  if (explained === undefined)
    return `${row.product} ${text === null ? products.map(({ title }) => isolated(title ?? "")).join(row.comma) : isolated(text)}`;
  return row.explaining(explained.index, isolated(explained.title ?? text ?? explained.id));
}

function lotterySaid({ text, participants, conditions }: LiveEventOf<"lottery">, { room: { row } }: Messages): string {
  const asked = conditions?.map((condition) => isolated(condition.text ?? "")) ?? [];
  const taking = participants === undefined ? [] : [row.participants(participants)];
  return [row.lottery, isolated(text ?? ""), ...taking, ...asked].filter(Boolean).join(" ");
}

function stateWord(state: string | null, { rooms: { states } }: Messages): Part {
  return state !== null && state in states ? states[state as keyof typeof states] : isolated(state ?? "–");
}
