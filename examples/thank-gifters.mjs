// Thanks those who give, in this terminal; nothing is sent into the room. A combo is thanked for once, when it has ended.
// npm install ws; node thank-gifters.mjs http://127.0.0.1:8787 TOKEN ROOM
import WebSocket from "ws";

const [host = "", token, room] = process.argv.slice(2);
/** The cursor after the last event that was seen: after a break the stream goes on there. */
let after = null;

function connect() {
  const socket = new WebSocket(`${host.replace(/^http/, "ws")}/v1/ws`, { headers: { authorization: `Bearer ${token}` } });
  socket.on("open", () => {
    const from = after === null ? {} : { after };
    socket.send(JSON.stringify({ op: "subscribe", rooms: [room], types: ["gift"], ...from }));
  });
  socket.on("message", (data) => {
    const message = JSON.parse(String(data));
    if (message.type === "error") console.error(message.message);
    if (message.code === "cursor_reset") {
      after = null; // the database is another one: go on from now
      socket.close();
    }
    if (message.type !== "events") return;
    for (const event of message.events) take(event);
    after = message.cursors.at(-1);
  });
  socket.on("error", ({ message }) => console.error(message));
  socket.on("close", () => setTimeout(connect, 2000));
}

function take({ comboTotal, settled, gift, user }) {
  const who = (user?.nickname ?? "神秘人").replace(/\p{C}/gu, ""); // what strangers wrote must not steer the terminal
  if (settled) console.log(`谢谢 ${who} 的 ${gift.name} ×${comboTotal}！`);
}

connect();
