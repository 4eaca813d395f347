import { describe } from "../events/describe.js";
import type { LiveEvent } from "../events/event.js";
import { shownText } from "../events/hidden.js";
import { userOf } from "./columns.js";

/**
 * Signs that a player could take for a command: `{…}` holds override tags, a backslash begins `\N` and the like, `<` and `>` are tags and
 * arrows of SubRip. Their wide forms look the same and mean nothing. Not every player knows a way to quote them.
 */
const COMMANDS: Readonly<Record<string, string>> = { "{": "｛", "}": "｝", "\\": "＼", "<": "＜", ">": "＞" };

/** Returns text as a subtitle may show it: one line, of letters alone; a name in it turns nothing of what follows. */
export function subtitleText(text: string): string {
  const lines = text.replace(/[\p{Cc}\p{Zl}\p{Zp} ]+/gu, " ");
  const oneLine = shownText(lines, "").replace(/ +/g, " ").trim();
  return oneLine.replace(/[{}\\<>]/g, (sign) => COMMANDS[sign] ?? sign);
}

/** Returns the text of a subtitle for an event: a chat is its text, anything else begins with who did it. Empty: it says nothing. */
export function lineOf(event: LiveEvent): string {
  if (event.type === "gift" && event.delta === 0) return "";
  const said = subtitleText(describe(event));
  const who = subtitleText(userOf(event)?.nickname ?? "");
  return event.type === "chat" || who === "" ? said : `${who} ${said}`;
}
