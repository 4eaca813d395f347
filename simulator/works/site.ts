import { DyliveError } from "../../src/runtime/errors.js";
import { hash32, type Random } from "../random.js";
import { type Ask, addressOf, html, json, type SimulatedReply } from "../reply.js";
import { apiReply, type REFUSALS, refused, SIGNED_PATHS, slidesInfo, type WorksContext } from "./api.js";
import { type Catalogue, makeCatalogue } from "./catalogue.js";
import { Cdn } from "./cdn.js";
import {
  captchaPage,
  listBody,
  missingPage,
  type PageTold,
  ratePage,
  sharePage,
  stateCalls,
  stateJson,
  workBody,
  worksPage,
} from "./page.js";
import { pathOf, type SimulatedAuthor, type SimulatedWork, WORK_FAULTS, type WorkFault } from "./work.js";
import { isShown } from "./work-json.js";

/** Dependencies of the platform's works. */
interface SiteOptions {
  readonly random: Random;
  /** Instant from which the works' ages count, ms UTC */
  readonly startMs: number;
  readonly now: () => number;
  readonly knowsLogin: (cookies: Ask["cookies"]) => boolean;
  /** Whether every page is a captcha page now */
  readonly captcha: () => boolean;
  readonly makeLogId: () => string;
}

/** Request for data of works that came in. */
export interface WorksRequest {
  /** As `aweme/detail`: what stands between /aweme/v1/web/ and the end */
  readonly path: string;
  readonly host: string;
  /** Subject of the request: aweme_id, item_id, sec_user_id or mix_id */
  readonly of: string;
  /** `cursor` or `max_cursor`; null where the request has none */
  readonly cursor: string | null;
  /** Why it was not taken for a page's own; null where it was */
  readonly refusal: string | null;
}

/** The part of the platform that has works: their pages, replies and files, the truth about them, and their faults. */
export class SimulatedWorks {
  readonly #options: SiteOptions;
  readonly #cdn: Cdn;
  readonly #context: WorksContext;
  readonly #faults = new Map<string, ReadonlySet<WorkFault>>();
  readonly #struck = new Set<string>();
  /** Marks of the pages that were made, oldest first */
  readonly #pages = new Set<string>();
  readonly #requests: WorksRequest[] = [];
  #catalogue: Catalogue | null = null;

  constructor(options: SiteOptions) {
    this.#options = options;
    const { now, knowsLogin, makeLogId } = options;
    const has = (of: string, fault: WorkFault) => this.#faults.get(of)?.has(fault) === true;
    const strikes = (key: string) => !this.#struck.has(key) && this.#struck.add(key) !== undefined;
    this.#cdn = new Cdn({ random: options.random.fork("cdn"), now, has });
    const site = this;
    this.#context = {
      get catalogue() {
        return site.catalogue;
      },
      ...{ cdn: this.#cdn, now, has, strikes, knowsLogin, makeLogId },
    };
  }

  /** The truth: every work, author and mix that there is. Made when it is first wanted. */
  get catalogue(): Catalogue {
    this.#catalogue ??= makeCatalogue(this.#options.random.fork("catalogue"), this.#options.startMs);
    return this.#catalogue;
  }

  /** The newest requests for data, oldest first: at most 10,000. */
  get requests(): readonly WorksRequest[] {
    return this.#requests;
  }

  /** Returns a work by its id or its name in the catalogue. @throws DyliveError not_found */
  work(idOrName: string): SimulatedWork {
    const work = this.catalogue.works.find(({ id, name }) => id === idOrName || name === idOrName);
    if (work === undefined) throw new DyliveError("not_found", `the simulator has no work ${JSON.stringify(idOrName.slice(0, 40))}`);
    return work;
  }

  /** Publishes a film of an author, by the sec_uid, now. @throws DyliveError not_found */
  publish(secUid: string, text: string): SimulatedWork {
    const author = this.catalogue.authors.find((one) => one.secUid === secUid);
    if (author === undefined) throw new DyliveError("not_found", `the simulator has no author ${JSON.stringify(secUid.slice(0, 80))}`);
    return this.catalogue.publish(author, text, this.#options.now());
  }

  /** Deletes a work, by its id or name, as its author does. @throws DyliveError not_found */
  remove(idOrName: string): void {
    this.catalogue.remove(this.work(idOrName));
  }

  /** Gives a work, by its id or name, or an author, by the sec_uid, these faults and no others; what strikes once strikes again. */
  setFaults(of: string, faults: readonly WorkFault[]): void {
    const author = this.catalogue.authors.find(({ secUid }) => secUid === of);
    const key = author?.secUid ?? this.work(of).id;
    const unknown = faults.find((fault) => !Object.hasOwn(WORK_FAULTS, fault));
    if (unknown !== undefined) throw new DyliveError("bad_request", `the simulator has no fault ${JSON.stringify(unknown)} of works`);
    if (faults.length === 0) this.#faults.delete(key);
    else this.#faults.set(key, new Set(faults));
    this.#struck.delete(`lost/${key}`);
    this.#cdn.renew(key);
  }

  /** Answers at the simulator's own `/@works/`: the truth in JSON, and where faults are set and works published and deleted. */
  ownReply(ask: Ask): SimulatedReply {
    const name = ask.path.slice(1);
    if (name === "faults" && ask.method === "POST") return this.#setFaults(ask);
    if (name === "publish" && ask.method === "POST") return this.#publish(ask);
    if (ask.method === "DELETE") {
      this.remove(name);
      return json({ ok: true });
    }
    if (name === "faults") return json({ faults: WORK_FAULTS });
    if (name === "requests") return json({ requests: this.#requests });
    if (name !== "") return json(this.work(name));
    const works = this.catalogue.works.map((work) => ({
      ...{ name: work.name, id: work.id, kind: work.kind, state: work.state, text: work.text.slice(0, 40), author: work.author.nickname },
      ...{ url: `https://www.douyin.com${pathOf(work)}`, shortLink: `https://v.douyin.com/${work.shortCode}/` },
      faults: [...(this.#faults.get(work.id) ?? [])],
    }));
    return json({
      works,
      authors: this.catalogue.authors,
      mixes: this.catalogue.mixes.map(({ id, name: called }) => ({ id, name: called })),
    });
  }

  #publish(ask: Ask): SimulatedReply {
    const { author, text } = bodyOf(ask);
    if (typeof author !== "string" || typeof text !== "string")
      throw new DyliveError("bad_request", 'give {"author": "sec_uid", "text": "…"}');
    const { id } = this.publish(author, text);
    return json({ id });
  }

  #setFaults(ask: Ask): SimulatedReply {
    const { of, faults } = bodyOf(ask);
    if (typeof of !== "string" || !Array.isArray(faults))
      throw new DyliveError("bad_request", 'give {"of": "NAME, id or sec_uid", "faults": […]}');
    this.setFaults(of, faults as WorkFault[]);
    return json({ ok: true });
  }

  /** Answers a request to one of the platform's hosts; null where it has nothing to do with works. */
  answer(ask: Ask): SimulatedReply | null {
    switch (ask.host) {
      case "www.douyin.com":
      case "www-hj.douyin.com": {
        const api = /^\/aweme\/v1\/web\/([\w/]{1,60}?)\/?$/.exec(ask.path)?.[1];
        if (api !== undefined) return this.#api(ask, api);
        if (ask.host === "www-hj.douyin.com") return null;
        return /^\/aweme\/v1\/play\/(?:dash\/)?$/.test(ask.path) ? this.#cdn.play(ask) : this.#page(ask);
      }
      case "v.douyin.com":
      case "v.iesdouyin.com":
      case "jx.douyin.com": {
        const code = /^\/([\w-]+)\/?$/.exec(ask.path)?.[1];
        const work = this.catalogue.works.find(({ shortCode }) => shortCode === code);
        if (work === undefined) return null;
        const query = "region=CN&mid=0&u_code=0&from_ssr=1&from_aid=1128";
        return redirect(addressOf(ask, "www.iesdouyin.com", `/share${pathOf(work)}/?${query}`));
      }
      case "www.iesdouyin.com":
      case "m.douyin.com":
        return this.#share(ask);
      default:
        return this.#cdn.answer(ask);
    }
  }

  #api(ask: Ask, path: string): SimulatedReply | null {
    const { query } = ask;
    const of = query.get("aweme_id") ?? query.get("item_id") ?? query.get("sec_user_id") ?? query.get("mix_id") ?? "";
    const refusal = SIGNED_PATHS.includes(path) ? this.#refusal(ask, path) : null;
    if (this.#requests.length >= MOST_REQUESTS) this.#requests.shift();
    this.#requests.push({ path, host: ask.host, of, cursor: query.get("cursor") ?? query.get("max_cursor"), refusal });
    const reply = refusal === null ? apiReply(this.#context, ask, path) : refused(refusal);
    const { origin } = ask.headers;
    if (reply === null || origin === undefined || !/^https:\/\/(?:[a-z0-9-]+\.)*douyin\.com$/.test(origin)) return reply;
    return { ...reply, headers: { ...reply.headers, "access-control-allow-origin": origin, "access-control-allow-credentials": "true" } };
  }

  /** Says why a request is not one that a page of ours has made; null where it is. */
  #refusal(ask: Ask, path: string): (typeof REFUSALS)[number] | null {
    const query = new URLSearchParams(ask.query);
    const uifid = query.get("uifid") ?? "";
    const mark = query.get("a_bogus");
    query.delete("a_bogus");
    if (!this.#pages.has(uifid)) return "Uifid Not Found";
    if (mark === null) return "Signature Not Found";
    if (mark !== hash32(`${uifid}|${path}|${query}`).toString(16)) return "Sign Invalid";
    return Number(query.get("timestamp")) * 1000 < this.#options.now() - MARK_LIFE_MS ? "Sign Expired" : null;
  }

  /** Answers with a page of www.douyin.com; null where works have none. */
  #page(ask: Ask): SimulatedReply | null {
    // A person's browser that opens the home page meets a captcha; programs that fetch it do not.
    if (ask.path === "/jingxuan" || (ask.path === "/" && ask.headers["sec-fetch-mode"] === "navigate")) return captchaPage();
    const [, kind, id = ""] = /^\/(video|note|slides|gallery|user|collection|mix)\/([\w-]{1,128})\/?$/.exec(ask.path) ?? [];
    if (kind === undefined) return null;
    if (this.#options.captcha()) return captchaPage();
    if (kind === "user") {
      const author = this.catalogue.authors.find(({ secUid }) => secUid === id);
      return author === undefined ? null : this.#userPage(author);
    }
    if (kind === "collection" || kind === "mix") {
      const mix = this.catalogue.mixes.find((each) => each.id === id);
      return mix === undefined ? missingPage() : worksPage(mix.name, [], listBody(mix.name), this.#told("mix", id));
    }
    if (!/^\d{10,32}$/.test(id)) return missingPage();
    const work = this.catalogue.works.find((each) => each.id === id);
    // A film's page is shown for any number: what is there is for the reply to say.
    if (work === undefined) return worksPage("", [], workBody("", 0, "icon", ""), this.#told("work", id));
    if ((work.kind === "video") !== (kind === "video")) return redirect(addressOf(ask, ask.host, pathOf(work)));
    return this.#workPage(ask, work);
  }

  #workPage(ask: Ask, work: SimulatedWork): SimulatedReply {
    const has = (fault: WorkFault) => this.#context.has(work.id, fault);
    if (has("page_captcha")) return captchaPage();
    if (has("page_rate")) return ratePage();
    if (has("page_missing")) return missingPage();
    const view = { cdn: this.#cdn, loggedIn: this.#options.knowsLogin(ask.cookies) };
    const { works } = this.catalogue;
    const at = works.indexOf(work);
    const next = [...works.slice(at + 1), ...works.slice(0, at)]
      .filter(({ kind, state }) => kind === "video" && state === "public")
      .slice(0, 3);
    const other = next[0];
    const calls = stateCalls("3", JSON.stringify(["$", "$L4", null, { appStore: { platform: "pc", isSpider: false } }]), 2);
    if (other !== undefined) calls.push(...stateCalls("b", JSON.stringify(["$", "$Lb", null, { videoDetail: stateJson(other, view) }])));
    const isIn = work.state === "public" || work.state === "needs_login";
    if (isIn && (work.inPage || has("page_present")) && !has("page_absent") && !has("page_foreign")) {
      const state = stateJson(work, view, has("page_relative"));
      const filler = has("page_deep") ? Array.from({ length: 26_000 }, () => ({})) : [];
      // Films lie in videoDetail, notes deep in the children of components.
      const node =
        work.kind === "video"
          ? ["$", "$L1c", null, { filler, videoDetail: state }]
          : ["$", "$L1c", null, { filler, children: ["$", "$L1d", null, { awemeId: work.id, aweme: { detail: state, statusCode: 0 } }] }];
      const text = JSON.stringify(node);
      if (has("page_malformed")) calls.push(...stateCalls("1a", text.replace('":', '":,')));
      else if (has("page_cut")) calls.push(...stateCalls("1a", text, 2).slice(0, 1));
      else calls.push(...stateCalls("1a", text, has("page_half") ? 2 : 1));
    }
    const film = work.rungs[0];
    const address = film === undefined || !isShown(work, view) ? null : new URL(this.#cdn.film(work, film.file, "mp4")[0] ?? "");
    const body = workBody(
      work.text,
      work.stats.comments,
      work.panel,
      address === null ? "" : addressOf(ask, address.host, address.pathname + address.search),
    );
    const told = this.#told("work", work.id);
    return worksPage(work.text.slice(0, 60), calls, body, {
      ...told,
      next: next.map(({ id, durationMs }) => ({ id, durationMs: durationMs ?? 0 })),
      durationMs: work.durationMs,
      panel: work.panel,
      comments: work.stats.comments,
      wallAfter: has("comments_wall") ? 3 : null,
    });
  }

  /** The state of a user's page says, as on the live side, that there is no room. */
  #userPage(author: SimulatedAuthor): SimulatedReply {
    const user = {
      uniqueId: author.displayId,
      unique_id: author.displayId,
      nickname: author.nickname,
      secUid: author.secUid,
      roomIdStr: "0",
    };
    const calls = stateCalls("6", JSON.stringify(["$", "$L7", null, { user: { user } }]));
    return worksPage(author.nickname, calls, listBody(author.nickname), {
      ...this.#told("user", author.secUid),
      next: this.catalogue.authors.filter((other) => other !== author).map(({ secUid: id }) => ({ id, durationMs: 0 })),
    });
  }

  #told(kind: PageTold["kind"], id: string): PageTold {
    const uifid = this.#options.random.hex(64);
    this.#pages.add(uifid);
    const [oldest = ""] = this.#pages;
    if (this.#pages.size > MOST_PAGES) this.#pages.delete(oldest);
    const faults = [...(this.#faults.get(id) ?? [])];
    return { kind, id, uifid, now: this.#options.now(), next: [], durationMs: null, panel: "icon", comments: 0, wallAfter: null, faults };
  }

  /** Share pages of phones: a shell, and for notes the call that fills it. Who is no phone is led to the desktop's page. */
  #share(ask: Ask): SimulatedReply | null {
    if (ask.path === "/web/api/v2/aweme/slidesinfo/") return slidesInfo(this.#context, ask);
    const [, kind, id = ""] = /^\/share\/(video|note|slides|mix\/detail)\/(\d{10,32})\/?$/.exec(ask.path) ?? [];
    if (kind === undefined) return null;
    if (kind === "mix/detail") return redirect(addressOf(ask, "www.douyin.com", `/collection/${id}`));
    if (/Mobile|iPhone|Android/.test(ask.headers["user-agent"] ?? "")) return sharePage(id, kind === "video" ? "video" : "note");
    return redirect(addressOf(ask, "www.douyin.com", `/${kind === "video" ? "video" : "note"}/${id}?previous_page=web_code_link`));
  }
}

const MOST_REQUESTS = 10_000;
/** Pages whose requests are still taken for their own. */
const MOST_PAGES = 10_000;
const MARK_LIFE_MS = 60_000;

function redirect(location: string): SimulatedReply {
  return { ...html(`<a href="${location}">Found</a>.`, [], 302), headers: { location, "content-type": "text/html; charset=utf-8" } };
}

/** Returns the JSON object of a body. @throws DyliveError bad_request */
function bodyOf(ask: Ask): Readonly<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(ask.body.toString("utf8")) as object) };
  } catch {
    throw new DyliveError("bad_request", "the body is not JSON");
  }
}
