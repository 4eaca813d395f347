/**
 * Script of the pages of works, users and mixes in a browser. It asks for everything by itself, at the two hosts, after the act that the
 * real page waits for. `window.__simulatorWorks` (`PageTold`) says what it needs. What makes its requests the page's own is a mark of our own
 * making: it shares the names of parameters with the platform's and nothing else.
 */
export const WORKS_SCRIPT = `(function () {
  "use strict";
  var told = window.__simulatorWorks;
  var isThere = /(^|\\.)douyin\\.com$/.test(location.hostname);
  var started = performance.now();
  var has = function (fault) { return told.faults.indexOf(fault) >= 0; };
  var one = function (selector) { return document.querySelector(selector); };
  var CLIENT = {
    device_platform: "webapp", aid: "6383", channel: "channel_pc_web", pc_client_type: "1", version_code: "290100",
    version_name: "29.1.0", cookie_enabled: "true", platform: "PC"
  };
  var SIGNED = /^(aweme\\/(detail|post|favorite)|mix\\/(aweme|detail))$/;

  // The same hash as in the simulator (hash32 in random.ts).
  function hash32(text) {
    var hash = 0x811c9dc5;
    for (var i = 0; i < text.length; i++) { hash ^= text.charCodeAt(i); hash = Math.imul(hash, 0x01000193); }
    hash ^= hash >>> 16; hash = Math.imul(hash, 0x85ebca6b); hash ^= hash >>> 13; hash = Math.imul(hash, 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
  function ask(host, path, parameters) {
    var query = new URLSearchParams(Object.assign({}, CLIENT, parameters));
    if (SIGNED.test(path)) {
      query.set("uifid", told.uifid);
      query.set("timestamp", String(Math.floor((told.now + performance.now() - started) / 1000)));
      query.set("a_bogus", hash32(told.uifid + "|" + path + "|" + query).toString(16));
    }
    var base = isThere ? "https://" + host : location.origin + "/@" + host;
    return fetch(base + "/aweme/v1/web/" + path + "/?" + query, { credentials: "include" })
      .then(function (reply) { return reply.text(); })
      // Numbers of 19 digits lose some of them otherwise.
      .then(function (text) { return JSON.parse(text.replace(/"cid":(\\d+)/g, '"cid":"$1"')); })
      .catch(function () { return null; });
  }
  var WWW = "www.douyin.com", HJ = "www-hj.douyin.com";
  function element(name, className, text, parent) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  }
  function nearEnd(box) { return box.scrollTop + box.clientHeight > box.scrollHeight - 240; }

  function askDetail(id, source) {
    return ask(WWW, "aweme/detail", { aweme_id: id, request_source: "600", origin_type: source || "video_page" });
  }

  /* Comments of one work, in the panel. */
  function openComments(id) {
    var list = one('[data-e2e="comment-list"]');
    var box = one(".around") || list;
    var state = { id: id, cursor: 0, pages: 0, isBusy: false, isOver: false, seen: {} };
    list.textContent = "";
    function end(text, className) { state.isOver = true; element("div", className || "end", text, list); }
    function more() {
      if (state.isBusy || state.isOver || openComments.current !== state) return;
      if (told.wallAfter !== null && state.pages >= told.wallAfter) {
        state.isOver = true;
        element("button", "video-comment-cover__btn", "登录后查看更多评论", element("div", "video-comment-cover", undefined, list));
        return;
      }
      state.isBusy = true;
      ask(HJ, "comment/list", {
        aweme_id: id, cursor: String(state.cursor), count: state.pages === 0 ? "5" : "10", item_type: "0", insert_ids: "",
        whale_cut_token: "", cut_version: "1", rcFT: ""
      }).then(function (reply) {
        state.isBusy = false;
        if (openComments.current !== state) return;
        state.pages++;
        if (reply !== null && reply.status_code === 10000) {
          document.title = "验证码中间页";
          document.body.textContent = "请使用「抖音 APP」扫码验证";
          return;
        }
        if (reply === null || reply.cursor === undefined) { state.isOver = true; return; }
        (reply.comments || []).forEach(function (comment) {
          if (!state.seen[comment.cid]) { state.seen[comment.cid] = true; addComment(list, id, comment); }
        });
        state.cursor = reply.cursor;
        if (!reply.has_more) end(state.pages === 1 && !(reply.comments || []).length ? "抢首评" : "暂时没有更多评论");
      });
    }
    openComments.current = state;
    box.onscroll = function () { if (nearEnd(box)) more(); };
    more();
  }
  function addComment(list, id, comment) {
    var item = element("div", "xBvf2", undefined, list);
    item.setAttribute("data-e2e", "comment-item");
    element("div", "kQ9", comment.user.nickname, item);
    element("p", "Wd7", comment.text, item);
    element("div", "kQ9", comment.ip_label + " · " + comment.digg_count, item);
    var inside = element("div", "replyContainer", undefined, item);
    if (!comment.reply_comment_total) return;
    var button = element("span", "more", "展开" + comment.reply_comment_total + "条回复", inside);
    var shown = {};
    function add(reply) {
      if (shown[reply.cid]) return;
      shown[reply.cid] = true;
      inside.insertBefore(element("p", "", reply.user.nickname + "：" + reply.text), button);
    }
    (comment.reply_comment || []).forEach(add);
    var cursor = 0, isBusy = false, clicks = 0;
    button.addEventListener("click", function (event) {
      if (!event.isTrusted || isBusy) return;
      if (++clicks === 1 && has("reply_click_ignored")) return;
      isBusy = true;
      ask(HJ, "comment/list/reply", {
        item_id: id, comment_id: comment.cid, cursor: String(cursor), count: "3", item_type: "0", cut_version: "1"
      }).then(function (reply) {
        isBusy = false;
        if (reply === null || reply.cursor === undefined) return;
        (reply.comments || []).forEach(add);
        cursor = reply.cursor;
        if (reply.has_more) button.textContent = "查看更多回复";
        else button.remove();
      });
    });
  }

  /* A film plays for as long as it is, whether this browser knows its codec or not, and then the next one comes. */
  function play(current) {
    var video = one("video");
    if (video === null) return;
    var playedMs = 0, lastMs = performance.now(), at = -1, goesOn = true;
    video.muted = true;
    video.play().catch(function () {});
    ask(HJ, "danmaku/get_v2", { group_id: current, item_id: current, start_time: "0", end_time: "32000", duration: String(told.durationMs) });
    function next() {
      if (at + 1 >= told.next.length) return;
      at++;
      playedMs = 0;
      var id = told.next[at].id;
      askDetail(id);
      if (isOpen()) openComments(id);
      video.currentTime = 0;
      video.play().catch(function () {});
    }
    setInterval(function () {
      var now = performance.now();
      if (!video.paused) playedMs += now - lastMs;
      lastMs = now;
      // Its file may end before: the moment in which it began to play is not counted.
      if (goesOn && (video.ended || playedMs >= (at < 0 ? told.durationMs : told.next[at].durationMs))) next();
    }, 100);
    one('[data-e2e="video-switch-next-arrow"]').onclick = next;
    one(".xg-switch").onclick = function () {
      goesOn = !goesOn;
      one(".tip").textContent = goesOn ? "关闭自动连播" : "打开自动连播";
    };
    play.current = function () { return at < 0 ? current : told.next[at].id; };
  }
  function isOpen() { return !one("aside").classList.contains("closed"); }
  function toggle() {
    one("aside").classList.toggle("closed");
    if (isOpen()) openComments(play.current ? play.current() : told.id);
    else openComments.current = null;
  }

  function workPage() {
    // Of a work that the page offers as the next one, too, and first.
    if (told.next.length > 0) askDetail(told.next[0].id, "recommend");
    if (!has("detail_never")) askDetail(told.id);
    if (has("detail_twice")) setTimeout(function () { askDetail(told.id); }, 200);
    if (has("detail_lost") && !sessionStorage.getItem("lost/" + told.id)) {
      sessionStorage.setItem("lost/" + told.id, "1");
      setTimeout(function () { location.reload(); }, 100);
      return;
    }
    one(".unfold").onclick = function () { one("h1").style.maxHeight = "none"; };
    document.querySelectorAll(".icon, .tab").forEach(function (opener) { opener.onclick = toggle; });
    play(told.id);
    if (isOpen()) openComments(told.id);
  }

  /* A list that goes on when the page is scrolled. */
  function listPage(parameters, host, path, cursorName) {
    var list = one('[data-e2e="scroll-list"]'), root = document.scrollingElement;
    var cursor = "0", isBusy = false, isOver = false;
    function more() {
      if (isBusy || isOver || (cursor !== "0" && has("post_once"))) return;
      isBusy = true;
      var asked = Object.assign({}, parameters);
      asked[cursorName] = cursor;
      ask(host, path, asked).then(function (reply) {
        isBusy = false;
        if (reply === null || !reply.aweme_list) {
          isOver = true;
          element("div", "end", "登录后查看更多作品", list.parentNode);
          return;
        }
        reply.aweme_list.forEach(function (work) { element("li", "", work.desc, list); });
        cursor = String(reply.max_cursor !== undefined ? reply.max_cursor : reply.cursor);
        if (!reply.has_more) { isOver = true; element("div", "end", "暂时没有更多了", list.parentNode); }
        else if (reply.aweme_list.length === 0) more();
      });
    }
    document.addEventListener("scroll", function () { if (nearEnd(root)) more(); });
    more();
  }

  if (has("app_frame")) element("iframe", "hidden", undefined, document.body).src = "snssdk1128://aweme/detail/" + told.id;
  if (has("app_navigation")) setTimeout(function () { location.href = "snssdk1128://aweme/detail/" + told.id; }, 300);
  if (has("app_popup")) document.addEventListener("click", function () {
    var other = window.open("");
    if (other) other.location.href = "bitbrowser://open";
  }, { once: true });
  if (has("page_login_card")) {
    var card = element("div", "", undefined, document.body);
    card.setAttribute("role", "dialog");
    element("h2", "", "登录后免费畅享高清视频", card);
    element("div", "", "扫码登录", card);
  }
  if (told.kind === "work") workPage();
  else if (told.kind === "user") {
    ask(HJ, "user/profile/other", { sec_user_id: told.id });
    if (has("post_other_tab")) ask(HJ, "aweme/favorite", { sec_user_id: told.id, max_cursor: "0", min_cursor: "0", count: "18" });
    if (has("post_other_author"))
      told.next.forEach(function (other) { ask(HJ, "aweme/post", { sec_user_id: other.id, count: "18", max_cursor: "0" }); });
    listPage({
      sec_user_id: told.id, count: "18", cut_version: "1", locate_query: "false", need_time_list: "1", time_list_query: "0",
      show_live_replay_strategy: "1", publish_video_strategy_type: "2"
    }, HJ, "aweme/post", "max_cursor");
  } else {
    ask(WWW, "mix/detail", { mix_id: told.id });
    listPage({ mix_id: told.id, count: "20" }, WWW, "mix/aweme", "cursor");
  }
})();
`;
