import createClient from "openapi-fetch";
import { type InjectionKey, inject } from "vue";
import { lang } from "../i18n/language.js";
import { ApiFailure, failureOf } from "./failure.js";
import type { paths } from "./gen/openapi.js";

type Answered<T> = { readonly data?: T; readonly error?: unknown; readonly response: Response };

/** The one way to the server: typed calls of its v1 API, and addresses of its streams. Every page uses it. */
export class ApiClient {
  /** Calls by path, as in /openapi.json. Put them into {@link ask}. */
  readonly v1: ReturnType<typeof createClient<paths>>;
  readonly #base: string;
  readonly #token: string;

  /** @param base address of the dashboard, with a slash at its end */
  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
    const headers = { authorization: `Bearer ${token}` };
    this.v1 = createClient<paths>({ baseUrl: base.replace(/\/$/, ""), headers, cache: "no-store" });
    // What the server says is said in the language of the page, whatever the browser prefers.
    this.v1.use({
      onRequest: ({ request }) => {
        request.headers.set("accept-language", lang.value);
      },
    });
  }

  /** Address of a stream. A browser can send a stream no header, so the token is in it. */
  stream(path: "v1/ws" | "v1/rooms/stream"): string {
    const url = new URL(path, this.#base);
    if (path === "v1/ws") url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("token", this.#token);
    return url.href;
  }

  /** Address of a downloaded file. A player can send no header, so the token is in it. */
  file(download: string, role: string, index: number): string {
    const url = new URL(`v1/downloads/${encodeURIComponent(download)}/files/${role}/${index}`, this.#base);
    url.searchParams.set("token", this.#token);
    return url.href;
  }
}

/** The answer of a call. @throws ApiFailure */
export async function ask<T>(call: Promise<Answered<T>>): Promise<T> {
  let answered: Answered<T>;
  try {
    answered = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiFailure("offline", String(error));
  }
  if (!answered.response.ok || answered.data === undefined) throw failureOf(answered.error, answered.response.status);
  return answered.data;
}

export const CLIENT: InjectionKey<ApiClient> = Symbol("client");

/** The client of this page; there is one as soon as there is a token. */
export function useClient(): ApiClient {
  const client = inject(CLIENT);
  if (client === undefined) throw new Error("there is no client");
  return client;
}
