/** Descriptions of the settings, and of the values that they take. */
export const SETTINGS: Readonly<Record<string, string>> = {
  // As the API says what they may be changed to.
  "days for which events are kept; null is no limit": "事件保留多少天；null 表示不限",
  "MB of events that are kept of a room; null is no limit": "每个直播间的事件保留多少 MB；null 表示不限",
  "days for which statistics of a broadcast are kept; null is no limit": "每场的统计保留多少天；null 表示不限",
  "days for which raw recordings are kept; null is no limit": "原始录制保留多少天；null 表示不限",
  "MB of raw recordings that are kept of a room; null is no limit": "每个直播间的原始录制保留多少 MB；null 表示不限",
  "days for which works, comments and downloads are kept; null is no limit": "作品、评论和下载保留多少天；null 表示不限",
  "MB that the whole store may use on disk; null is no limit": "整个存储最多占多少 MB 磁盘；null 表示不限",
  "pages of the platform that a process asks for in a second; null is the default": "一个进程每秒最多请求平台多少个网页；null 恢复默认",
  "connections to the platform that a process opens in a second; null is the default":
    "一个进程每秒最多与平台建立多少个连接；null 恢复默认",
  "ms between looks at a wanted room that is not live; null is the default": "多久查看一次没有开播的直播间，毫秒；null 恢复默认",
  "least level that is logged; null is the default": "日志的最低级别；null 恢复默认",
  "token by which `dylive mcp` and `dylive tail` ask; it says what may be read and done":
    "`dylive mcp` 和 `dylive tail` 用的 token，决定能读什么、能做什么",
  "address that the server listens on; loopback by default": "服务监听的地址；默认只在本机",
  "port that the server listens on; 0 takes a free one": "服务监听的端口；0 表示任选一个空闲的",
  "folder for everything that is kept": "数据目录",
  "PostgreSQL 17 that keeps the store: postgres://user:password@host:port/database; unset it is a SQLite file in the data folder":
    "存储所在的 PostgreSQL 17：postgres://user:password@host:port/database；不设则用数据目录里的 SQLite 文件",
  "what this process does: collect rooms, serve readers, or all; others than all need a DATABASE_URL":
    "这个进程做什么：采集直播间（collect）、对外服务（serve）或全部（all）；除 all 外都需要 DATABASE_URL",
  "most rooms that this process collects, where several share a database": "多个进程共用数据库时，这个进程最多采集多少个直播间",
  "MB of memory for frames of all rooms that wait for a store that is away or slow; when it is full, the platform's connections are not read":
    "存储不可用或跟不上时，所有直播间等待保存的数据帧最多占用多少 MB 内存；满了就暂停读取平台的连接",
  "what this process is called where several share a database; unset its host and pid":
    "多个进程共用数据库时，这个进程的名字；不设则用主机名和 pid",
  "stand-in for the platform, such as the simulator: host H becomes URL/@H/…": "代替平台的服务，例如模拟器：主机 H 变成 URL/@H/…",
  "HTTP service that signs connections (POST {stub} gives {signature}), or browser; unset it is the browser, or the stand-in's own":
    "给连接签名的 HTTP 服务（POST {stub} 返回 {signature}），或 browser；不设则用浏览器，或代替平台的服务自带的",
  "how rooms are read: by connections of our own (websocket), or by a page each in the browser":
    "怎样读取直播间：用自己的连接（websocket），或在浏览器里各开一个网页（browser）",
  "account that rooms are watched as, as given to dylive login; guest is none":
    "看直播用的账号，即 dylive login 时起的名字；guest 表示游客",
  "account that works are read as, as given to dylive login; guest is none, which is enough for a single work":
    "读作品用的账号，即 dylive login 时起的名字；guest 表示游客，读单个作品够用",
  "folder for files of works that the API downloads; unset it is downloads in the data folder":
    "API 下载作品文件的目录；不设则为数据目录下的 downloads",
  "MB that a file of a work may have; a larger one is not downloaded": "单个作品文件的上限，MB；更大的不下载",
  "MB that all downloaded files in that folder may have; what would be beyond it is not downloaded":
    "该目录下已下载文件合计的上限，MB；会超出的不下载",
  "ms between looks at the works of an author who is watched, give or take a tenth; after failures up to eight times as long":
    "查看受监控作者的间隔，毫秒，上下浮动十分之一；失败后最多延长到八倍",
  "ms between looks whether accounts are still logged in": "检查账号登录是否有效的间隔，毫秒",
  "program of the browser to use; else Chrome, Edge or Chromium is looked for": "使用的浏览器程序；不设则自动寻找 Chrome、Edge 或 Chromium",
  "DevTools address of a browser that you run yourself (chrome --remote-debugging-port=9222 --user-data-dir=FOLDER)":
    "自己运行的浏览器的 DevTools 地址（chrome --remote-debugging-port=9222 --user-data-dir=FOLDER）",
  "whether the frames of rooms are kept as they came, in DATA/raw, so that dylive redecode can read them again":
    "是否把原始数据帧保存到 DATA/raw，供 dylive redecode 重新解码",
  "rooms that share one visitor in the browser": "浏览器里共用一个访客身份的直播间数",
  "proxy towards the platform for all rooms: http(s):// or socks5://, with user:password@ if needed":
    "所有直播间访问平台的代理：http(s):// 或 socks5://，需要时写 user:password@",
  "User-Agent towards the platform; must be the signer's": "访问平台的 User-Agent；必须与签名服务的相同",
  "rooms collected on demand, beside the watch list": "监控列表之外，因为有人请求而采集的直播间数上限",
  "ms without a request after which an on-demand room is let go": "临时采集的直播间多久没人请求就放弃，毫秒",
  "pages of the platform that are asked for in a second, by this process for all of its rooms":
    "这个进程每秒最多请求平台的多少个页面，所有直播间合计",
  "connections to the platform that are opened in a second, by this process for all of its rooms":
    "这个进程每秒最多向平台打开多少个连接，所有直播间合计",
  "private hosts that webhooks may reach: names, addresses and networks (receiver.lan,10.1.0.0/16) separated by commas":
    "Webhook 可以访问的私有主机：名称、地址和网段（receiver.lan,10.1.0.0/16），用逗号分隔",
  "ms of failing after which a webhook is paused": "Webhook 持续失败多久后暂停，毫秒",
  "ms between looks at a wanted room that is not live": "未开播的直播间多久查看一次，毫秒",
  "days for which events are kept; unset for ever": "事件保留的天数；不设则永久",
  "MB of events that are kept of a room, by their JSON text; beyond it the oldest go":
    "每个直播间最多保留多少 MB 事件（按 JSON 文本计）；超出时从最早的删除",
  "days for which statistics of a broadcast are kept after its last event; unset for ever":
    "一场直播的统计在最后一个事件之后保留的天数；不设则永久",
  "days for which raw recordings are kept; unset for ever": "原始录制保留的天数；不设则永久",
  "MB of raw recordings that are kept of a room; beyond it the oldest go": "每个直播间最多保留多少 MB 原始录制；超出时从最早的删除",
  "days for which works and comments are kept after they were last read, and downloads with their files; unset for ever":
    "作品和评论在最后一次读取之后、下载连同文件保留的天数；不设则永久",
  "MB that the whole store may use on disk; beyond it the oldest events of any room go":
    "整个存储在磁盘上最多占多少 MB；超出时删除各直播间最早的事件",
  "MB left on the disk of the data folder below which an event of the system's room says so; 0 is never":
    "数据目录所在磁盘的剩余空间低于多少 MB 时发出 disk.low；0 表示从不",
  "id (tt…) of your app on the Open Platform, whose pushes are taken; see docs/official-push.md":
    "接收推送的开放平台应用的 id（tt…）；见 docs/official-push.zh.md",
  "last part of the address that is pushed to, best hard to guess; unset it is the app's id":
    "推送地址的最后一段，最好别人猜不到；不设则为应用的 id",
  'data secrets by type of message as JSON: {"live_gift":["NEW","OLD"],"*":["OTHERS"]}; any of a type is valid':
    '各类消息的数据密钥，JSON：{"live_gift":["新","旧"],"*":["其他"]}；同一类的任何一个都有效',
  "the app's secret, to start tasks, fetch what pushes lost and confirm; without it pushes are only taken":
    "应用的密钥，用来启动任务、补取丢失的推送和上报确认；没有它就只接收推送",
  "ms by which the time in a push may differ from this machine's": "推送里的时间与本机允许相差多少毫秒",
  "where the Open Platform gives out access tokens": "开放平台发放 access token 的地址",
  "stand-in for the Open Platform: host H becomes URL/@H/…": "代替开放平台的服务：主机 H 变成 URL/@H/…",
  "port of the WebSocket for clients of DouyinBarrageGrab (theirs is 8888); off when unset":
    "供 DouyinBarrageGrab 的客户端使用的 WebSocket 端口（它的是 8888）；不设则关闭",
  "port of the WebSocket for clients of jwwsjlm/douyinLive (theirs is 1088); off when unset":
    "供 jwwsjlm/douyinLive 的客户端使用的 WebSocket 端口（它的是 1088）；不设则关闭",
  "port of the WebSocket with {event, data} in the style of TikTok-Live-Connector (TikFinity's is 21213); off when unset":
    "TikTok-Live-Connector 风格 {event, data} 的 WebSocket 端口（TikFinity 的是 21213）；不设则关闭",
  "whether clients of the compat ports must add ?token=TOKEN; auto: unless the server listens on loopback":
    "兼容端口的客户端是否必须加 ?token=TOKEN；auto：只在本机监听时不必",
  "origins of web pages that may read the compat ports without a token, with commas between; null is one for pages from files":
    "哪些网页来源不用 token 就能读兼容端口，用逗号分隔；null 表示从文件打开的网页",
  "least level that is logged": "日志的最低级别",
  "language in which commands speak; unset it is that of the locale": "命令使用的语言；不设则跟随系统语言",
  "server that sends alarms as e-mail: smtps://USER:PASSWORD@HOST:PORT, with ?from=ADDRESS where the user is no address":
    "发送通知邮件的服务器：smtps://用户:密码@主机:端口，用户不是邮箱地址时加 ?from=地址",
  "program that speaks for overlays, espeak-ng or piper, or none; unset it is looked for on the PATH":
    "为画面朗读的程序：espeak-ng、piper 或 none（不用）；不设则在 PATH 里寻找",
  "voice that piper speaks with: an .onnx file with its .json beside it": "piper 使用的语音：.onnx 文件，同名的 .json 放在旁边",
  "folder in which recorders write: the dashboard and the API may have danmaku written there; unset they may not":
    "录制程序写入的文件夹：允许控制台和 API 在其中写弹幕文件；不设则不允许",
};
