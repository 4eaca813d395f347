import type { Platform } from "./platform.js";
import type { Ask, Reply } from "./reply.js";
import { html, json } from "./reply.js";

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
export function sdkScript(path: string): Reply {
  if (path !== "/webmssdk.js") return html("", [], 404);
  return { status: 200, headers: { "content-type": "text/javascript; charset=utf-8" }, body: FAKE_SDK };
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
