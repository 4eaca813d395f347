import type { SimulatedPlatform } from "./platform.js";
import type { Ask, SimulatedReply } from "./reply.js";
import { cookieScope, html, json } from "./reply.js";
import { ROOM_SCRIPT } from "./room-script.js";
import { stubOf } from "./signer.js";

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

/** Script of the home page: waits for the code to be scanned, and shows the page anew. */
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
