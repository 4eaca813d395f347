// Takes webhooks of dylive: checks who signed, passes over what came twice, prints the rest.
// SECRET=whsec_… node webhook-receiver.mjs [PORT]; the secret is what `dylive hook add http://127.0.0.1:PORT/ --allow-private` prints
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from((process.env["SECRET"] ?? "").replace(/^whsec_/, ""), "base64");
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_AGE_S = 300;
const done = new Map(); // by log, room and replay: the last seq that was taken; keep it on disk with what you make of the events

function isSigned(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures = "" } = headers;
  if (key.length === 0 || Math.abs(Date.now() / 1000 - Number(at)) > MAX_AGE_S) return false;
  const right = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  return signatures.split(" ").some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ""), "base64");
    return one.startsWith("v1,") && given.length === right.length && timingSafeEqual(given, right);
  });
}

async function take(request, response) {
  let body = Buffer.alloc(0);
  for await (const part of request) {
    body = Buffer.concat([body, part]);
    if (body.length > MAX_BYTES) throw new Error("the body is too large");
  }
  if (!isSigned(request.headers, body)) return response.writeHead(401).end();
  const { log, room, replay = 0, to, events } = JSON.parse(body.toString());
  const place = `${log} ${room} ${replay}`;
  const nameOf = (user) => (user?.nickname ?? "").replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " "); // must not steer the terminal
  for (const { seq, type, user } of events) if (seq > (done.get(place) ?? 0)) console.log(room, seq, type, nameOf(user));
  done.set(place, Math.max(to, done.get(place) ?? 0));
  response.writeHead(204).end(); // only now: what is not answered with 2xx comes again
}
const server = createServer((request, response) => void take(request, response).catch(() => response.destroy())); // cut off on the way
server.listen(Number(process.argv[2] ?? 9000), "127.0.0.1", () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`);
});
