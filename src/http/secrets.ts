import type { IncomingMessage } from "node:http";

/**
 * Takes the token out of a request before anything else sees it, so that no log line, error or header of ours or of a library can
 * show it: the address and the headers that go on are without it.
 */
export class SecretCipher {
  readonly #taken = new WeakMap<IncomingMessage, string>();
  readonly #bearers = new WeakMap<IncomingMessage, string>();

  /** Removes `token=` and `Authorization` from the request and keeps the token aside. Of both, `token=` counts. */
  take(request: IncomingMessage): void {
    const { url, token } = withoutToken(request.url ?? "/");
    request.url = url;
    const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    delete request.headers.authorization;
    const secret = token ?? bearer;
    if (secret) this.#taken.set(request, secret);
    if (bearer) this.#bearers.set(request, bearer);
  }

  /** Returns the token that came with the request; null when there was none. */
  of(request: IncomingMessage): string | null {
    return this.#taken.get(request) ?? null;
  }

  /** Returns the token that came in the `Authorization` header; null when there was none. */
  bearerOf(request: IncomingMessage): string | null {
    return this.#bearers.get(request) ?? null;
  }
}

function withoutToken(url: string): { url: string; token: string | undefined } {
  const start = url.indexOf("?");
  if (start < 0) return { url, token: undefined };
  let token: string | undefined;
  const kept = url
    .slice(start + 1)
    .split("&")
    .filter((pair) => {
      const split = pair.indexOf("=");
      if (decode(split < 0 ? pair : pair.slice(0, split)) !== "token") return true;
      token ??= split < 0 ? "" : decode(pair.slice(split + 1));
      return false;
    });
  const query = kept.join("&");
  return { url: query === "" ? url.slice(0, start) : `${url.slice(0, start)}?${query}`, token };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
