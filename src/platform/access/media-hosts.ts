import type { LookupFunction } from "node:net";
import { Agent, type Dispatcher, request } from "undici";
import { AllowedHosts, guardedConnector, openConnector } from "../../runtime/allowed-hosts.js";
import { addressesOf } from "../works/media-address.js";
import type { Platform } from "./platform.js";

/** Redirects that are followed: the play address takes one. */
const REDIRECTS_MAX = 5;
/** Bytes of a redirect's body that are read, so that the connection can be used again. */
const REDIRECT_BODY_BYTES = 16_384;
/** The one header that the hosts ask for (facts/videos.md 4.2): no cookie, nothing of ours. */
const REFERER = "https://www.douyin.com/";

/** Answer of a host of media; its body is to be read or destroyed. */
export type MediaReply = Pick<Dispatcher.ResponseData, "statusCode" | "headers" | "body">;

/** Error of an address that is not fetched from, because of where it leads. */
class RefusedAddress extends Error {
  constructor(address: string) {
    super(`it leads to ${shown(address)}, which is no host of media`);
    this.name = "RefusedAddress";
  }
}

/**
 * The hosts that films, pictures and sounds are fetched from. Nothing else is reached: neither another host, which each redirect is judged by,
 * nor a private address that such a name may lead to.
 */
export class MediaHosts {
  /** Address under which a stand-in serves every host; null is the real platform. */
  readonly #standIn: string | null;
  readonly #dispatcher: Dispatcher;
  readonly #own: Agent | null;

  /**
   * @param platform the way to the platform; a proxy resolves the names itself, and a stand-in is where the operator said
   * @param lookup how names are resolved; the system's way by default
   */
  constructor({ upstream, proxy }: Pick<Platform, "upstream" | "proxy">, lookup?: LookupFunction) {
    this.#standIn = upstream === null ? null : new URL(`${upstream}/@`).href;
    const connect = upstream === null ? guardedConnector(new AllowedHosts(null), lookup) : openConnector();
    // Time runs by the caller's clock; undici's would be two more.
    this.#own = proxy === null ? new Agent({ connect, headersTimeout: 0, bodyTimeout: 0, pipelining: 1 }) : null;
    this.#dispatcher = this.#own ?? (proxy as NonNullable<typeof proxy>).dispatcher;
  }

  /**
   * Asks for a file, or for the rest of it, and follows redirects.
   * @param from byte to begin at
   * @throws RefusedAddress; undici's errors; the signal's reason
   */
  async ask(address: string, from: number, signal: AbortSignal): Promise<MediaReply> {
    const headers = { referer: REFERER, ...(from > 0 && { range: `bytes=${from}-` }) };
    for (let at = address, redirects = 0; ; redirects++) {
      const reply = await request(this.#reached(at), { method: "GET", headers, dispatcher: this.#dispatcher, signal });
      reply.body.on("error", () => {}); // a body that is destroyed unread emits an error
      const { location } = reply.headers;
      if (reply.statusCode < 300 || reply.statusCode >= 400 || typeof location !== "string") return reply;
      await reply.body.dump({ limit: REDIRECT_BODY_BYTES, signal }).catch(() => {});
      if (redirects === REDIRECTS_MAX) throw new Error(`more than ${REDIRECTS_MAX} redirects`);
      at = this.#named(location, at);
    }
  }

  /** Cuts what is under way. */
  async close(): Promise<void> {
    await this.#own?.destroy();
  }

  /** @throws RefusedAddress */
  #reached(address: string): string {
    const [allowed] = addressesOf(address);
    if (allowed === undefined) throw new RefusedAddress(address);
    return this.#standIn === null ? allowed : this.#standIn + allowed.slice("https://".length);
  }

  /** Returns the address that a redirect names, as of the platform. @throws RefusedAddress */
  #named(location: string, from: string): string {
    if (!URL.canParse(location, from)) throw new RefusedAddress(location);
    const { href } = new URL(location, from);
    return this.#standIn !== null && href.startsWith(this.#standIn) ? `https://${href.slice(this.#standIn.length)}` : href;
  }
}

/** Returns where an address leads, without what it is signed with. */
function shown(address: string): string {
  return (URL.canParse(address) ? new URL(address).host : address).slice(0, 100);
}
