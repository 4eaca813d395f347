import { stubOf } from "./handshake.js";
import type { SimulatedPlatform } from "./platform.js";
import { type Ask, cookieScope, html, json, type SimulatedReply } from "./reply.js";
import { WORKS_SCRIPT } from "./works/page-script.js";

/** Answers `POST /@signer/sign` with `{"stub": "<md5>"}` → `{"signature": "…"}`: the HTTP signer that an operator may name. */
export function signReply(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
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

/** Answers with the page's scripts. They share names with the site's SDK and nothing else: the signature comes from the signer above. */
export function sdkReply(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  switch (ask.path) {
    case "/webmssdk.js":
      return script(FAKE_SDK);
    case "/room.js":
      return script(ROOM_SCRIPT);
    case "/home.js":
      return script(HOME_SCRIPT);
    case "/works.js":
      return script(WORKS_SCRIPT);
    case "/stub":
      return json({ stub: stubOf(ask.query) });
    case "/scanned":
      return scanned(platform, ask);
    default:
      return html("", [], 404);
  }
}

/** Logs the visitor in once the test has "scanned the code": the cookies that the real login sets, with values of no meaning. */
function scanned(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  if (!platform.takeScan()) return json({ scanned: false });
  const expires = new Date(platform.now() + LOGIN_LIFE_MS).toUTCString().replaceAll(" ", "+");
  const session = platform.makeNonce();
  const guard = encodeURIComponent(`${session}|${Math.floor(platform.now() / 1000)}|${LOGIN_LIFE_MS / 1000}|${expires}`);
  const scope = cookieScope(ask);
  const secure = scope === "" ? "" : "; Secure"; // as the platform's own, which a browser takes over TLS alone
  const setCookies = [`sessionid=${session}`, `sessionid_ss=${session}`, `sid_guard=${guard}`].map(
    (pair) => `${pair}; Path=/; Max-Age=${LOGIN_LIFE_MS / 1000}; HttpOnly${scope}${secure}`,
  );
  const reply = json({ scanned: true });
  return { ...reply, headers: { ...reply.headers, "set-cookie": setCookies } };
}

/** Life of a login, sixty days, in ms. */
const LOGIN_LIFE_MS = 60 * 86_400_000;

function script(body: string): SimulatedReply {
  return { status: 200, headers: { "content-type": "text/javascript; charset=utf-8" }, body };
}

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

/** Script of the home page: waits for the code to be scanned, and shows the page again. */
const HOME_SCRIPT = `(function () {
  function ask() {
    fetch("/@sdk/scanned").then(function (reply) { return reply.json(); }).then(function (answer) {
      if (answer.scanned) location.reload();
      else setTimeout(ask, 1000);
    });
  }
  if (!window.__simulatorLoggedIn) ask();
})();
`;

/**
 * Script of the room page in a browser, in the order of the real one: asks im/fetch for the first state, has the SDK sign the
 * connection, opens its WebSocket at the push host, sends heartbeats, acknowledges, and opens it again when it is cut.
 * `window.__simulatorRoom` holds the ids. Opened at the simulator's own address instead of a platform host, it stays there.
 */
const ROOM_SCRIPT = `(function () {
  "use strict";
  var room = window.__simulatorRoom;
  if (!room.roomId) return;
  var CLIENT = {
    app_name: "douyin_web", version_code: "180800", webcast_sdk_version: "1.0.15", update_version_code: "1.0.15",
    device_platform: "web", cookie_enabled: "true", aid: "6383", live_id: "1", did_rule: "3", endpoint: "live_pc", support_wrds: "1",
    identity: "audience", need_persist_msg_count: "15", user_unique_id: room.userUniqueId, room_id: room.roomId
  };
  var state = { cursor: "", internalExt: "", host: room.pushHost };
  var text = function (bytes) { return new TextDecoder().decode(bytes); };

  // Protocol buffers, as far as the page needs them: calls back with the number and the bytes of each field.
  function fields(bytes, each) {
    var at = 0;
    var varint = function () {
      var start = at;
      while (bytes[at] & 0x80) at++;
      return bytes.subarray(start, ++at);
    };
    var number = function (raw) {
      return raw.reduce(function (sum, byte, index) { return sum + (byte & 0x7f) * Math.pow(2, 7 * index); }, 0);
    };
    while (at < bytes.length) {
      var key = number(varint());
      if (key % 8 === 0) each(key >> 3, varint());
      else if (key % 8 === 2) {
        var length = number(varint());
        each(key >> 3, bytes.subarray(at, at + length));
        at += length;
      } else at += key % 8 === 1 ? 8 : 4;
    }
  }
  function field(key, bytes) {
    var head = [key * 8 + 2];
    for (var length = bytes.length; ; length = Math.floor(length / 128)) {
      head.push(length < 128 ? length : (length % 128) + 128);
      if (length < 128) return head.concat(Array.from(bytes));
    }
  }
  function utf8(string) { return new TextEncoder().encode(string); }

  async function firstState() {
    var query = new URLSearchParams(Object.assign({}, CLIENT, {
      resp_content_type: "protobuf", fetch_rule: "1", last_rtt: "0", cursor: "", internal_ext: ""
    }));
    var reply = await fetch("/webcast/im/fetch/?" + query, { credentials: "include" });
    if (!(reply.headers.get("content-type") || "").includes("protobuf")) return;
    fields(new Uint8Array(await reply.arrayBuffer()), function (key, bytes) {
      if (key === 2) state.cursor = text(bytes);
      if (key === 5) state.internalExt = text(bytes);
      if (key === 14) state.host = text(bytes);
    });
  }

  function acknowledge(socket, bytes) {
    var logId = null, internalExt = "", type = "";
    fields(bytes, function (key, value) {
      if (key === 2) logId = value;
      if (key === 7) type = text(value);
      if (key !== 5) return;
      var header = {};
      fields(value, function (part, inner) { header[part] = text(inner); });
      if (header[1] === "im-internal_ext") internalExt = state.internalExt = header[2];
      if (header[1] === "im-cursor") state.cursor = header[2];
    });
    if (type !== "msg" || logId === null) return;
    socket.send(new Uint8Array([16].concat(Array.from(logId), field(7, utf8("ack")), field(8, utf8(internalExt)))));
  }

  async function open() {
    var query = new URLSearchParams(Object.assign({}, CLIENT, {
      compress: "gzip", host: "https://live.douyin.com", im_path: "/webcast/im/fetch/", heartbeatDuration: "0"
    }));
    if (state.cursor) query.set("cursor", state.cursor);
    if (state.internalExt) query.set("internal_ext", state.internalExt);
    // The real page computes the MD5 itself; here the simulator does.
    var stub = await (await fetch("/@sdk/stub?" + query)).json();
    query.set("signature", window.byted_acrawler.frontierSign({ "X-MS-STUB": stub.stub })["X-Bogus"]);
    var scheme = location.protocol === "https:" ? "wss://" : "ws://";
    var host = /(^|\\.)douyin\\.com$/.test(location.hostname) ? state.host : location.host + "/@" + state.host;
    var socket = new WebSocket(scheme + host + "/webcast/im/push/v2/?" + query);
    var timer;
    var beat = function () { socket.send(new Uint8Array([0x3a, 0x02, 0x68, 0x62])); };
    socket.binaryType = "arraybuffer";
    socket.onopen = function () { beat(); timer = setInterval(beat, 10000); };
    socket.onmessage = function (event) { acknowledge(socket, new Uint8Array(event.data)); };
    socket.onclose = function () { clearInterval(timer); setTimeout(open, 3000); };
  }

  function start() { firstState().catch(function () {}).then(open); }
  if (room.needsClick) document.addEventListener("click", start, { once: true });
  else start();
})();
`;
