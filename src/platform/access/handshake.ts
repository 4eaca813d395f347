import type { IncomingMessage } from "node:http";
import { DyliveError } from "../../runtime/errors.js";
import { recorded } from "../../runtime/msg.js";

/** Row of the table of refused handshakes. */
interface HandshakeRefusal {
  /** Matches the HTTP status and what the platform says with it. */
  readonly says: RegExp;
  readonly means: string;
  /** What has to be new for a second try at once; null where only waiting helps. */
  readonly renew: "visitor" | "signature" | null;
  /** Advice to the operator, if it stays. */
  readonly todo: string;
}

/** Refusals whose cause the platform names (facts/changes-2026.md 7). */
const REFUSALS: readonly HandshakeRefusal[] = [
  {
    says: /named cookie not present/i,
    means: "the visitor's cookie is missing",
    renew: "visitor",
    todo: "The platform gave this visitor no cookie. Wait some minutes, or use another address (--proxy).",
  },
  {
    says: /auth failed/i,
    means: "the signature is not accepted",
    renew: "signature",
    todo: "If the signer is your own, update it; without one (DYLIVE_SIGNER unset) the site's own page signs in a browser.",
  },
  {
    says: /DEVICE_BLOCKED|HTTP 415/,
    means: "the platform blocks this visitor or address",
    renew: null,
    todo: "Wait some hours without trying, or use another address (--proxy). If the signer is your own and old, update it.",
  },
];

const UNNAMED: Pick<HandshakeRefusal, "renew" | "todo"> = {
  renew: null,
  todo: "The signature, the cookies or the address of this machine is not accepted. If the signer is your own, update it; else wait some hours without trying, or use another address (--proxy).",
};

/** Longest text of a refusal that is kept, in characters: the platform's own have some 20. */
const TEXT_MAX_CHARS = 80;

/** Error of a handshake that the push server refused. */
export class HandshakeRefused extends DyliveError {
  readonly renew: HandshakeRefusal["renew"];
  readonly todo: string;

  private constructor(detail: string, { renew, todo }: Pick<HandshakeRefusal, "renew" | "todo">) {
    super("blocked", recorded(detail));
    this.renew = renew;
    this.todo = todo;
  }

  /** Reads the answer that came instead of a WebSocket: a refusal, which may come as HTTP 200; from 500 on a server between us is out of order. */
  static read({
    statusCode = 0,
    statusMessage = "",
    headers,
  }: Pick<IncomingMessage, "statusCode" | "statusMessage" | "headers">): DyliveError {
    const texts = ["handshake-msg", "handshake-status"].flatMap((name) =>
      headers[name]
        ? [
            `${name} ${String(headers[name])
              .slice(0, TEXT_MAX_CHARS)
              .replaceAll(/[^\x20-\x7e]/g, "?")}`,
          ]
        : [],
    );
    const detail = `the push server answered HTTP ${statusCode} instead of opening${texts.length > 0 ? ` (${texts.join(", ")})` : ""}`;
    if (statusCode >= 500) return new DyliveError("unreachable", recorded(detail));
    const named = REFUSALS.find(({ says }) => says.test(`HTTP ${statusCode} ${statusMessage} ${texts.join(" ")}`));
    return named === undefined ? new HandshakeRefused(detail, UNNAMED) : new HandshakeRefused(`${detail}: ${named.means}`, named);
  }
}
