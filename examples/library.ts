// A room's chats and gifts, without a server: install the package (docs/library.md), then `node --experimental-strip-types library.ts LINK`
// (Node 22), or by tsc.
import { connect } from "dylive";

const [link = "100000002", upstream] = process.argv.slice(2);
let left = 20;
for await (const event of connect(link, { types: ["chat", "gift"], upstream: upstream ?? null })) {
  if (event.type === "gift" && event.delta === 0) continue; // the end of a combo brings no new gift
  const who = event.user.nickname ?? "?";
  const said = event.type === "chat" ? `: ${event.text}` : ` gave ${event.delta} x ${event.gift.name}, ${event.diamonds ?? "?"} diamonds`;
  console.log(`${who}${said}`.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")); // what strangers wrote must not steer the terminal
  if (--left === 0) break;
}
