import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { HandshakeRefused } from "../../platform/access/handshake.js";
import { HOSTS_OF_STEPS, LIVE_HOST, type Platform, reasonOf } from "../../platform/access/platform.js";
import type { PlatformIdentity } from "../../platform/access/platform-identity.js";
import { clientQuery, firstFetch, pushHeaders, pushUrl, type Signer, stubOf } from "../../platform/access/push.js";
import type { Visitor } from "../../platform/access/visitor.js";
import type { AccountStore } from "../../platform/accounts/login-store.js";
import { answerOf, resolveText, STEP_WORDS, type TextAnswer } from "../../platform/links/resolve.js";
import { readReflow } from "../../platform/pages/interfaces.js";
import { Drift } from "../../platform/wire/drift.js";
import { isPublic } from "../../runtime/allowed-hosts.js";
import { type Clock, within } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { joinMsgs, type Msg, msg, msgOf } from "../../runtime/msg.js";
import { websocketSource } from "../../sources/websocket.js";
import { type Finding, fail, failed, ok, skipped, warn } from "./finding.js";

/** Terms on which the platform is asked: with which account, and by which way. */
interface DoctorQuestion {
  readonly platform: Platform;
  readonly visitor: Visitor;
  readonly clock: Clock;
}

const PUSH_MS = 15_000;
const SOON_MS = 3 * 86_400_000;
const CAPTCHA =
  "The platform suspects this address or visitor. Open live.douyin.com in a browser here, log in with `dylive login`, wait, or use another address (--proxy).";
const NETWORK = "Check the network, the firewall and the proxy: `curl -I https://live.douyin.com/` must work on this machine.";

/** Checks whether the platform's names have addresses. */
export async function dns(
  { upstream, proxy }: Pick<Platform, "upstream" | "proxy">,
  find: (host: string) => Promise<string> = address,
): Promise<Finding> {
  if (proxy !== null) return skipped("dns", msg`the proxy ${proxy.name} looks names up`);
  const hosts = upstream === null ? HOSTS_OF_STEPS : [new URL(upstream).hostname.replace(/^\[|\]$/g, "")];
  const found = await Promise.allSettled(hosts.map(find));
  const missing = hosts.flatMap((host, i) => (found[i]?.status === "rejected" ? [`${host} (${reasonOf(found[i].reason)})`] : []));
  if (missing.length > 0)
    return fail(
      "dns",
      msg`no address for ${missing.join(", ")}`,
      "Check the network and the DNS server of this machine (`nslookup live.douyin.com`).",
    );
  // The platform is not in these: an answer there comes from a proxy program or a captive portal.
  const odd = hosts.flatMap((host, i) =>
    found[i]?.status === "fulfilled" && !isPublic(found[i].value) ? [`${host} is ${found[i].value}`] : [],
  );
  if (upstream === null && odd.length > 0)
    return warn(
      "dns",
      msg`${odd.join(", ")}: a private address`,
      "A proxy program or a captive portal answers for the platform. That may be meant; if steps below fail, look there.",
    );
  return ok(
    "dns",
    upstream === null ? msg`${hosts.length} hosts of the platform have addresses` : msg`the stand-in ${new URL(upstream).host} has one`,
  );
}

async function address(host: string): Promise<string> {
  return isIP(host) === 0 ? (await lookup(host)).address : host;
}

/**
 * Looks at the layers of the platform, from its start page to a room's messages.
 * @param text names the room; null looks at none
 * @param identity what the connection is to be signed with, or why there is none
 * @throws DyliveError bad_room
 */
export async function* platformFindings(
  text: string | null,
  asking: DoctorQuestion & { readonly userAgent: string },
  store: AccountStore,
  identity: PlatformIdentity | Finding | null,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const first = await home(asking, signal);
  yield first.finding;
  if (!first.reached) {
    for (const layer of ["accounts", "room", "reflow", "fetch", "signer", "push"] as const)
      yield skipped(layer, "the platform is out of reach");
    return;
  }
  yield await accounts(store, asking, signal);
  yield* connection(text, asking, identity, signal);
}

/**
 * Asks for the start page, which gives every visitor a cookie; a visitor that gets none is suspected. `reached` is false without any
 * answer.
 */
async function home(
  { platform, visitor }: DoctorQuestion,
  signal: AbortSignal,
): Promise<{ readonly finding: Finding; readonly reached: boolean }> {
  try {
    const reply = await platform.get(LIVE_HOST, "/", visitor.headers({ accept: "text/html" }), signal);
    visitor.learn(reply.headers["set-cookie"]);
    const finding =
      reply.status !== 200
        ? fail("home", msg`live.douyin.com answered HTTP ${reply.status}`, CAPTCHA)
        : visitor.isAdmitted
          ? ok("home", "live.douyin.com answers and gives a visitor cookie")
          : fail("home", "live.douyin.com gave no visitor cookie (ttwid): it is a captcha page", CAPTCHA);
    return { finding, reached: true };
  } catch (error) {
    return { finding: failed("home", error, NETWORK), reached: false };
  }
}

/** Checks the state of the operator's accounts. */
async function accounts(
  store: AccountStore,
  asking: DoctorQuestion & { readonly userAgent: string },
  signal: AbortSignal,
): Promise<Finding> {
  const lines: Msg[] = [];
  let lapsed = false;
  let unsure = false;
  try {
    for (const name of await store.names()) {
      const { login, expiresAt } = await store.check(name, asking, signal);
      const soon = expiresAt !== null && expiresAt < asking.clock.now() + SOON_MS;
      const word = login === "guest" ? msg`logged out` : login === "unknown" ? msg`the platform did not say` : msg`logged in`;
      lines.push(msg`${name}: ${expiresAt === null ? word : msg`${word}, ends ${new Date(expiresAt).toISOString().slice(0, 10)}`}`);
      lapsed ||= login === "guest" || soon;
      unsure ||= login === "unknown";
    }
  } catch (error) {
    return failed("accounts", error);
  }
  if (lines.length === 0)
    return warn(
      "accounts",
      "there is none; the platform sends gifts only to who is logged in",
      "Log in with `dylive login` if you want gifts.",
    );
  if (lapsed) return warn("accounts", joinMsgs(lines, "; "), "Log in again with `dylive login`.");
  return unsure ? warn("accounts", joinMsgs(lines, "; "), CAPTCHA) : ok("accounts", joinMsgs(lines, "; "));
}

/** Checks the steps from a room to its messages. */
async function* connection(
  text: string | null,
  asking: DoctorQuestion,
  identity: PlatformIdentity | Finding | null,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  let answer: TextAnswer | null = null;
  if (text === null) yield skipped("room", "give one that is live: --room ROOM");
  else {
    const seen = await room(text, asking, signal);
    yield seen.finding;
    answer = seen.answer;
  }
  yield await reflow(answer, asking, signal);
  const live = answer?.resolved.outcome === "live" ? answer.resolved : null;
  let host: string | null = null;
  if (live === null) yield skipped("fetch", "it needs a live room");
  else {
    const first = await fetched(live.roomId, asking, signal);
    yield first.finding;
    host = first.host;
  }
  if (identity === null || !("visitor" in identity)) {
    yield identity ??
      failed("signer", new DyliveError("blocked", "the connection cannot be signed: there is neither a browser nor a signer"));
    yield skipped("push", "it needs a signature");
    return;
  }
  const signed = await signs(identity.signer, asking, live?.roomId ?? null, signal);
  yield signed;
  if (signed.state !== "ok") yield skipped("push", "it needs a signature");
  else if (live === null) yield skipped("push", "it needs a live room");
  else yield await push({ roomId: live.roomId, webRid: live.webRid, host, signer: identity.signer }, asking, signal);
}

/** Asks what the platform says of the room. */
async function room(
  text: string,
  asking: DoctorQuestion,
  signal: AbortSignal,
): Promise<{ readonly finding: Finding; readonly answer: TextAnswer | null }> {
  try {
    const answer = await resolveText(text, asking, signal);
    const { resolved } = answer;
    const word = answerOf(resolved).replaceAll("_", " ");
    if ("facts" in resolved)
      return { finding: ok("room", msg`room ${resolved.webRid}: ${msgOf(word)} (by ${msgOf(STEP_WORDS[resolved.step])})`), answer };
    const todo = resolved.outcome === "unknown" ? CAPTCHA : msg`Check the text: open it in a browser.`;
    return {
      finding: fail("room", msg`${msgOf(word)}: ${msgOf(resolved.reason)} (${msgOf(STEP_WORDS[resolved.step])})`, todo),
      answer,
    };
  } catch (error) {
    if (error instanceof DyliveError && error.row.fault === "caller") throw error;
    return { finding: failed("room", error, NETWORK), answer: null };
  }
}

/** Checks the share page's interface: short links and profiles need it, rooms do not. */
async function reflow(answer: TextAnswer | null, { platform, visitor }: DoctorQuestion, signal: AbortSignal): Promise<Finding> {
  const secUid = answer !== null && "facts" in answer.resolved ? (answer.resolved.facts.anchor?.secUid ?? null) : null;
  if (secUid === null) return skipped("reflow", "it is asked by an anchor's sec_uid, which is not known");
  const todo = "Links of rooms and numbers still work. From outside China this interface often fails; a proxy there helps.";
  try {
    const said = await readReflow({ secUid }, { platform, userAgent: visitor.userAgent }, signal);
    return said.kind === "found" ? ok("reflow", "reflow/info knows the anchor") : warn("reflow", msg`reflow/info: ${said.reason}`, todo);
  } catch (error) {
    const { detail } = failed("reflow", error);
    return warn("reflow", detail, todo);
  }
}

/** Checks the first state. The platform often gives none, which costs only the first messages. */
async function fetched(
  roomId: string,
  { platform, visitor, clock }: DoctorQuestion,
  signal: AbortSignal,
): Promise<{ readonly finding: Finding; readonly host: string | null }> {
  try {
    const first = await firstFetch({ platform, visitor, roomId, drift: new Drift(), now: () => clock.now() }, signal);
    if (first === null)
      return {
        finding: warn(
          "fetch",
          "im/fetch gave nothing",
          "Guests often get nothing. dylive connects without it; only the first messages are missing.",
        ),
        host: null,
      };
    const { host, received } = first;
    return {
      finding: ok("fetch", msg`im/fetch gave ${received.response?.messages.length ?? 0} messages and ${host ?? msg`no push host`}`),
      host,
    };
  } catch (error) {
    return { finding: failed("fetch", error, NETWORK), host: null };
  }
}

/** Checks whether a connection gets its signature. */
async function signs(signer: Signer, { visitor }: DoctorQuestion, roomId: string | null, signal: AbortSignal): Promise<Finding> {
  try {
    await signer.sign(stubOf(clientQuery(visitor, roomId ?? "1")), signal);
    return ok("signer", "a signature was given");
  } catch (error) {
    return failed(
      "signer",
      error,
      "Start the signer, correct DYLIVE_SIGNER, or leave it unset: then the site's own page signs in a browser.",
    );
  }
}

/** Checks whether the push server opens and answers. */
async function push(
  target: { readonly roomId: string; readonly webRid: string; readonly host: string | null; readonly signer: Signer },
  { platform, visitor, clock }: DoctorQuestion,
  signal: AbortSignal,
): Promise<Finding> {
  const drift = new Drift();
  const stop = new AbortController();
  const began = performance.now();
  const source = websocketSource({
    connectUrl: (until) => pushUrl({ platform, visitor, attempt: 0, cursor: "", internalExt: "", ...target }, until),
    headers: pushHeaders(visitor, target.webRid),
    clock,
    drift,
    proxy: platform.proxy,
  });
  try {
    for await (const batch of source.open(within(AbortSignal.any([signal, stop.signal]), PUSH_MS))) {
      const messages = batch.reduce((sum, { response }) => sum + (response?.messages.length ?? 0), 0);
      stop.abort();
      return ok("push", msg`it opened and answered after ${Math.round(performance.now() - began)} ms (${messages} messages)`);
    }
  } catch (error) {
    signal.throwIfAborted();
    const isRefused = error instanceof DyliveError && error.code === "blocked";
    return failed("push", error, error instanceof HandshakeRefused ? error.todo : isRefused ? undefined : NETWORK);
  }
  return fail(
    "push",
    msg`it opened, but sent nothing for ${PUSH_MS / 1000} seconds`,
    "Empty rooms are silent; try a busy one. If that is silent too, the platform withholds messages: log in, or use another address.",
  );
}
