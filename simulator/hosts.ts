import { imFetch } from "./fetch.js";
import { giftList } from "./gifts.js";
import { enter, homePage, mainPage, profilePage, reflowInfo, reflowPage, roomPage } from "./pages.js";
import type { SimulatedPlatform } from "./platform.js";
import type { Ask, SimulatedReply } from "./reply.js";
import { addressOf, emptyReply, html, json } from "./reply.js";

/** The host of a request without a prefix. */
const HOME_HOST = "live.douyin.com";

/** Splits `/@host/path` into the platform's host and the path there. Of several the last counts: a page's own links to `/@sdk/…` come under its host. */
export function splitHost(path: string): { readonly host: string; readonly path: string } {
  const match = /^(?:\/@[^/]+)*\/@([^/]+)(\/.*)?$/.exec(path);
  return match === null ? { host: HOME_HOST, path } : { host: match[1] ?? HOME_HOST, path: match[2] ?? "/" };
}

/** Answers as the platform's host does. */
export function answer(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  const { host, path } = ask;
  const broken = platform.broken.get(host);
  if (broken !== undefined) return { ...emptyReply(), status: broken };
  const ofWorks = platform.works.answer(ask);
  if (ofWorks !== null) return ofWorks;
  switch (host) {
    case HOME_HOST:
    case "www.live.douyin.com":
      return liveHost(platform, ask);
    case "webcast.amemv.com": {
      if (path === "/webcast/room/reflow/info/") return reflowInfo(platform, ask);
      const page = /^\/douyin\/webcast\/reflow\/(\d+)\/?$/.exec(path);
      return page === null ? notFound() : reflowPage(platform, page[1] ?? "");
    }
    case "v.douyin.com":
      return shortLink(platform, ask);
    case "www.douyin.com": {
      if (path === "/") return mainPage(platform, ask);
      const live = /^\/(?:follow\/)?live\/([^/]+)\/?$/.exec(path);
      if (live !== null) return redirect(addressOf(ask, HOME_HOST, `/${live[1] ?? ""}`));
      const user = /^\/user\/([^/]+)\/?$/.exec(path);
      return user === null ? notFound() : profilePage(platform, user[1] ?? "");
    }
    case "www.iesdouyin.com": {
      const user = /^\/share\/user\/([^/]+)\/?$/.exec(path);
      return user === null ? notFound() : profilePage(platform, user[1] ?? "");
    }
    case "ttwid.bytedance.com": {
      if (path !== "/ttwid/union/register/" || ask.method !== "POST") return notFound();
      const cookie = `ttwid=${platform.makeTtwid()}; Path=/; Max-Age=31536000; HttpOnly`;
      const reply = json({ status_code: 0, message: "success" });
      return { ...reply, headers: { ...reply.headers, "set-cookie": [cookie] } };
    }
    default:
      return notFound();
  }
}

function liveHost(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  switch (ask.path) {
    case "/":
      return homePage(platform, ask);
    case "/webcast/room/web/enter/":
      return enter(platform, ask);
    case "/webcast/im/fetch/":
      return imFetch(platform, ask);
    case "/webcast/gift/list/":
      return giftList(platform, ask);
    default: {
      const room = /^\/([A-Za-z0-9_.-]{1,128})\/?$/.exec(ask.path);
      return room === null ? notFound() : roomPage(platform, ask, room[1] ?? "");
    }
  }
}

function shortLink(platform: SimulatedPlatform, ask: Ask): SimulatedReply {
  const code = /^\/([A-Za-z0-9_-]+)\/?$/.exec(ask.path)?.[1] ?? "";
  const elsewhere = platform.shortLinks.get(code);
  if (elsewhere !== undefined) return redirect(elsewhere);
  const room = platform.byShortCode(code);
  if (room === null) return notFound();
  const { last, anchor } = room;
  if (last === null)
    return redirect(addressOf(ask, "www.iesdouyin.com", `/share/user/${anchor.secUid}?from_ssr=1&sec_uid=${anchor.secUid}`));
  const query = `u_code=simulator&type_id=0&sec_user_id=${anchor.secUid}&with_sec_did=1`;
  return redirect(addressOf(ask, "webcast.amemv.com", `/douyin/webcast/reflow/${last.roomId}?${query}`));
}

function redirect(location: string): SimulatedReply {
  return { status: 302, headers: { location, "content-type": "text/html; charset=utf-8" }, body: `<a href="${location}">Found</a>.` };
}

function notFound(): SimulatedReply {
  return html('<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>404</title></html>', [], 404);
}
