// Serves browser-sse.html, and hands it a room's events: the token stays here, and dylive's own address need not be reached by the page.
// node browser-sse.mjs http://127.0.0.1:8787 TOKEN ROOM [PORT]
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";

const [host, token, room = "", port = "8080"] = process.argv.slice(2);
const page = readFileSync(new URL("browser-sse.html", import.meta.url));
const NEWS = 'type != "gift" || delta > 0'; // the end of a combo brings no new gift
const events = `${host}/v1/events/stream?${new URLSearchParams({ rooms: room, types: "chat,gift,follow", filter: NEWS })}`;

const server = createServer(async (request, response) => {
  if (request.url !== "/events") return response.setHeader("content-type", "text/html; charset=utf-8").end(page);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const headers = { authorization: `Bearer ${token}`, "last-event-id": String(request.headers["last-event-id"] ?? "") };
  try {
    const stream = await fetch(events, { headers, signal: gone.signal });
    response.writeHead(stream.status, { "content-type": stream.headers.get("content-type") ?? "text/plain" });
    if (stream.body !== null) await pipeline(stream.body, response);
  } catch {
    response.destroy(); // the browser comes back by itself, after the last event that it has
  }
});
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === "object" ? address?.port : port}/`);
});
