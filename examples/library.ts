// A room's chats and gifts, without a server: install the package (docs/library.md), then `node --experimental-strip-types library.ts LINK`
// (Node 22), or by tsc.
import { connect } from "dylive";

const [link = "100000002", upstream] = process.argv.slice(2);
let left = 20;
for await (const event of connect(link, { types: ["chat", "gift"], upstream: upstream ?? null })) {
  if (event.type === "gift" && event.delta === 0) continue; // the end of a combo brings no new gift
  const who = event.user.nickname ?? "?";
  if (event.type === "chat") console.log(`${who}: ${event.text}`);
  else console.log(`${who} gave ${event.delta} x ${event.gift.name}, ${event.diamonds ?? "?"} diamonds`);
  if (--left === 0) break;
}
