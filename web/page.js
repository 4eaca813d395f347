// The first, small page: one room, what comes in. Everything shown was written by strangers, so it is set as text and never as HTML.

const ROWS_MAX = 500;
const WAIT_S = 20;
const RETRY_MS = 5_000;
const ENDPOINT = "douyin/liveroom/chat";
const NEWEST = "newest";
const TOKEN_KEY = "dylive.token";

const KINDS = {
  WebcastChatMessage: ["chat", "弹幕"],
  WebcastGiftMessage: ["gift", "礼物"],
  WebcastLikeMessage: ["like", "点赞"],
  WebcastMemberMessage: ["join", "进场"],
  WebcastSocialMessage: ["social", "互动"],
};
const STATES = {
  resolving: "正在查找直播间",
  waiting: "未开播，开播后自动接收",
  connecting: "正在连接",
  live: "直播中",
  stalled: "已连接，但收不到消息",
  blocked: "平台拒绝了连接，稍后自动重试",
  ended: "直播已结束，等待下一场",
  failed: "采集失败",
};

const form = document.getElementById("form");
const field = document.getElementById("room");
const state = document.getElementById("state");
const problem = document.getElementById("problem");
const rows = document.getElementById("rows");

let token = null;
let current = new AbortController();

/** Takes the token out of the address bar at once, so that it is in no bookmark, history or screenshot; this tab keeps it for a reload. */
function takeFragment() {
  const given = new URLSearchParams(location.hash.slice(1));
  token = given.get("token") || sessionStorage.getItem(TOKEN_KEY);
  if (token) sessionStorage.setItem(TOKEN_KEY, token);
  const room = given.get("room") ?? "";
  showRoom(room);
  return room;
}

function showRoom(room) {
  history.replaceState(null, "", room ? `#${new URLSearchParams({ room })}` : location.pathname);
}

/** A pasted link names its room in the last part of its path. */
function roomOf(text) {
  const link = /^(?:https?:\/\/)?(?:[\w-]+\.)*douyin\.com\/(?:[^?#]*\/)?([^/?#]+)/.exec(text.trim());
  return link ? link[1] : text.trim();
}

function say(text) {
  problem.textContent = text;
  problem.hidden = text === "";
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function rowOf(event) {
  const [kind, label] = KINDS[event.type] ?? ["other", event.type];
  const row = element("li", kind, "");
  const text = event.type === "WebcastLikeMessage" ? `${event.msg} x${event.count}` : (event.text ?? event.msg);
  row.append(element("span", "kind", label), element("bdi", "name", event.nickname || "匿名"), element("bdi", "text", text));
  return row;
}

function show(events) {
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
  rows.append(...events.slice(-ROWS_MAX).map(rowOf));
  while (rows.childElementCount > ROWS_MAX) rows.firstElementChild.remove();
  if (atEnd) scrollTo(0, document.documentElement.scrollHeight);
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** One call, after the place of the one before: each tab has its own. Says whether to go on, and after how long. */
async function poll(room, place, signal) {
  const query = new URLSearchParams({ room_id: room, cursor: place.cursor, wait: String(WAIT_S) });
  const response = await fetch(`${ENDPOINT}?${query}`, { headers: { authorization: `Bearer ${token}` }, cache: "no-store", signal });
  const answer = await response.json();
  if (signal.aborted) return null;
  if (response.ok) {
    say("");
    const name = response.headers.get("x-room-state") ?? "";
    state.textContent = STATES[name] ?? name;
    state.dataset.state = name;
    show(answer.data);
    place.cursor = response.headers.get("x-next-cursor") ?? NEWEST;
    return 0;
  }
  if (response.status === 409) {
    // The database was made anew: there is nothing after the old place.
    place.cursor = NEWEST;
    return RETRY_MS;
  }
  say(`${answer.code}：${answer.msg}`);
  if (response.status === 401) sessionStorage.removeItem(TOKEN_KEY);
  if (response.status !== 429 && response.status < 500) return null;
  return Number(response.headers.get("retry-after") ?? 0) * 1_000 || RETRY_MS;
}

async function follow(room) {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  const place = { cursor: NEWEST };
  rows.replaceChildren();
  state.textContent = STATES.resolving;
  state.dataset.state = "resolving";
  say("");
  if (!token) {
    state.textContent = "";
    say("缺少令牌：请用 dylive 打印的带 #token=… 的地址打开本页。");
    return;
  }
  while (!signal.aborted) {
    let waitMs = RETRY_MS;
    try {
      waitMs = await poll(room, place, signal);
    } catch {
      if (signal.aborted) return;
      say("连不上服务器，正在重试。");
    }
    if (waitMs === null) return;
    if (waitMs > 0) await pause(waitMs, signal);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const room = roomOf(field.value);
  field.value = room;
  showRoom(room);
  follow(room);
});
addEventListener("hashchange", start);

function start() {
  const room = roomOf(takeFragment());
  field.value = room;
  if (room) follow(room);
  else if (!token) say("缺少令牌：请用 dylive 打印的带 #token=… 的地址打开本页。");
}

start();
