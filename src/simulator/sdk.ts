import { PUSH_HOSTS } from "./fetch.js";
import { PUSH_PATH } from "./handshake.js";
import type { Platform } from "./platform.js";
import type { Ask, Reply } from "./reply.js";
import { html, json } from "./reply.js";
import { stubOf } from "./signer.js";

/** `POST /@signer/sign` with `{"stub": "<md5>"}` → `{"signature": "…"}`: the HTTP signer that an operator may name. */
export function signReply(platform: Platform, ask: Ask): Reply {
  if (ask.path !== "/sign") return html("", [], 404);
  if (ask.method !== "POST") return json({ message: "POST a stub" }, 405);
  let stub: unknown;
  try {
    const body: unknown = JSON.parse(ask.body.toString("utf8"));
    stub = typeof body === "object" && body !== null && "stub" in body ? body.stub : undefined;
  } catch {
    return json({ message: "the body is not JSON" }, 400);
  }
  if (typeof stub !== "string" || !/^[0-9a-f]{32}$/.test(stub))
    return json({ message: "stub must be 32 lower-case hexadecimal digits" }, 400);
  return json({ signature: platform.signer.sign(stub) });
}

/** The page's scripts. They share names with the site's SDK and nothing else: the signature comes from the signer above. */
export function sdkReply(platform: Platform, ask: Ask): Reply {
  switch (ask.path) {
    case "/webmssdk.js":
      return script(FAKE_SDK);
    case "/room.js":
      return script(ROOM_SCRIPT);
    case "/push":
      return json({ path: signedPush(platform, ask.query.get("room_id") ?? "", ask.query.get("user_unique_id") ?? "") });
    default:
      return html("", [], 404);
  }
}

/** The signed address with which the page opens its own WebSocket, under this origin. */
function signedPush(platform: Platform, roomId: string, userUniqueId: string): string {
  const query = new URLSearchParams({
    app_name: "douyin_web",
    version_code: "180800",
    webcast_sdk_version: "1.0.15",
    update_version_code: "1.0.15",
    compress: "gzip",
    device_platform: "web",
    cookie_enabled: "true",
    host: "https://live.douyin.com",
    aid: "6383",
    live_id: "1",
    did_rule: "3",
    endpoint: "live_pc",
    support_wrds: "1",
    user_unique_id: userUniqueId,
    im_path: "/webcast/im/fetch/",
    identity: "audience",
    need_persist_msg_count: "15",
    room_id: roomId,
    heartbeatDuration: "0",
  });
  query.set("signature", platform.signer.sign(stubOf(query)));
  return `/@${PUSH_HOSTS[0]}${PUSH_PATH}?${query}`;
}

function script(body: string): Reply {
  return { status: 200, headers: { "content-type": "text/javascript; charset=utf-8" }, body };
}

/** What the room page does in a browser: opens its WebSocket and keeps it open. */
const ROOM_SCRIPT = `(function () {
  var room = window.__simulatorRoom;
  function open() {
    fetch("/@sdk/push?room_id=" + room.roomId + "&user_unique_id=" + room.userUniqueId).then(function (reply) { return reply.json(); }).then(function (push) {
      var socket = new WebSocket(location.origin.replace(/^http/, "ws") + push.path);
      socket.binaryType = "arraybuffer";
      var beat = function () { socket.send(new Uint8Array([0x3a, 0x02, 0x68, 0x62])); };
      var timer;
      socket.onopen = function () { beat(); timer = setInterval(beat, 10000); };
      socket.onclose = function () { clearInterval(timer); setTimeout(open, 3000); };
    });
  }
  if (room.roomId) open();
})();
`;

const FAKE_SDK = `(function () {
  window.byted_acrawler = {
    init: function () {},
    frontierSign: function (input) {
      var request = new XMLHttpRequest();
      request.open("POST", "/@signer/sign", false);
      request.send(JSON.stringify({ stub: input["X-MS-STUB"] }));
      return { "X-Bogus": JSON.parse(request.responseText).signature };
    }
  };
})();
`;
