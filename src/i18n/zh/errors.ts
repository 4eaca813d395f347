/** The table of errors: what was wrong, and what to do. */
export const ERRORS_IN_CHINESE: Readonly<Record<string, string>> = {
  "The request is not valid": "请求有误",
  "Correct the named field and send it again.": "请改正提示的字段后再试。",
  "This is not a room": "这不是直播间",
  "Give a web_rid (the number or name in live.douyin.com/…), a custom id, or a 19-digit room_id; POST /v1/rooms, the command line and the library also take a link or a share text.":
    "请给直播间号（live.douyin.com/… 里的号码或名字）、抖音号或 19 位 room_id；POST /v1/rooms、命令行和库也接受链接和分享文案。",
  "This is not a work": "这不是作品",
  "Give the link of a video or note, or where works are listed that of an author or a mix; the app's share text with such a link; or a work's id of 19 digits.":
    "请给视频或图文的链接（列作品时是作者或合集的链接）、带链接的 App 分享文案，或 19 位作品号。",
  "The configuration is not valid": "设置有误",
  "Correct what is named.": "请改正提示的那一项。",
  "The file cannot be understood": "文件内容无法识别",
  "Give a recording, a HAR exported with content, a raw frame, a bare Response or a payload named after its method.":
    "请给录制文件、带内容导出的 HAR、原始数据帧、单独的 Response，或用 method 命名的 payload。",
  "The file cannot be used": "文件无法使用",
  "Check its path, and that the user that dylive runs as may read and write there.": "请检查路径，以及运行 dylive 的用户能否在那里读写。",
  "The account cannot be used": "账号无法使用",
  "Log in with `dylive login`, or give it the cookies of a browser that is logged in: `--cookies FILE` takes the Cookie header line of live.douyin.com, a cookies.txt or a JSON export.":
    "请用 `dylive login` 登录，或给它已登录浏览器的 Cookie：`--cookies FILE` 接受 live.douyin.com 的 Cookie 请求头、cookies.txt 或 JSON 导出。",
  "A token is needed": "需要 token",
  "Send Authorization: Bearer TOKEN, or add token=… to addresses of /douyin/…; `dylive token create --name NAME` makes one.":
    "请发送 Authorization: Bearer TOKEN，/douyin/… 的地址也可以加 token=…；用 `dylive token create --name 名字` 建立。",
  "The token is not valid": "token 无效",
  "Check the token, or make one with `dylive token create --name NAME`.": "请核对 token，或用 `dylive token create --name 名字` 建立一个。",
  "The push is not the platform's": "推送不是平台发来的",
  "If it is: check the data secret of its type, and this machine's clock.": "如果确实是：请检查这类消息的数据密钥和这台机器的时钟。",
  "The token may not do this": "token 没有权限",
  "Use a token with the scope or room that is needed.": "请使用有所需权限或直播间的 token。",
  "There is no such thing here": "没有找到",
  "Check its name or id: the list of its kind shows what there is (GET /v1/rooms, /v1/hooks, …; `dylive room list` and so on).":
    "请核对名称或 id：用列表看看有哪些（GET /v1/rooms、/v1/hooks……；`dylive room list` 等）。",
  "There is no such address here": "没有这个地址",
  "GET /openapi.json lists the addresses with their methods, /docs shows them; docs/streams.md and docs/compat.md have those of WebSockets.":
    "GET /openapi.json 列出所有地址和方法，/docs 可以浏览；WebSocket 的地址见 docs/streams.zh.md 和 docs/compat.zh.md。",
  "This server does not offer that": "这台服务器没有这项功能",
  "If you run it: docs/configuration.md has the settings that turn on what it can do.":
    "如果服务器由你管理：docs/configuration.zh.md 里有打开各项功能的设置。",
  "There is no such account on the platform": "平台上没有这个账号",
  "Check the link or the id: open it in a browser.": "请核对链接或号码：在浏览器里打开看看。",
  "There is no such work on the platform": "平台上没有这个作品",
  "Check the link: open it in a browser.": "请核对链接：在浏览器里打开看看。",
  "The cursor is not of this log": "游标不属于这份日志",
  "Start again from the oldest or newest cursor given here.": "请从这里给出的最早或最新的游标重新开始。",
  "The text could not be spoken": "没能把文字读出来",
  "`dylive doctor` tries the speech engine; overlays use the browser's own voice meanwhile.":
    "`dylive doctor` 会试一下语音引擎；在此期间画面改用浏览器自带的语音。",
  "It was not confirmed": "没有确认",
  "Type what is asked for, in a terminal or in the request, or give --yes to the command.":
    "请按提示输入要求的内容（在终端里，或写在请求里），命令也可以加上 --yes。",
  "The resource is in use": "正被占用",
  "Wait until its other user is done, stop that, or choose another.": "请等另一个使用者结束，停下它，或换一个。",
  "Too many rooms are collected on demand": "临时采集的直播间太多",
  "Wait until a room has been idle for ten minutes, put rooms on the watch list, or raise DYLIVE_MAX_ON_DEMAND_ROOMS.":
    "请等没人请求的直播间在十分钟后让出位置，把直播间加入监控列表，或调大 DYLIVE_MAX_ON_DEMAND_ROOMS。",
  "Too many works wait to be read": "等着读取的作品太多",
  "Works are read one after another, one in some seconds: wait until fewer wait (GET /v1/works/pace).":
    "作品一个一个地读，每个要几秒：等排队的少一些再试（GET /v1/works/pace）。",
  "Too many authors are watched": "监控的作者太多",
  "Each is looked at in turn, one in some seconds: end a watch (`dylive author remove`) before another begins.":
    "作者轮流查看，每个要几秒：请先停止监控一个（`dylive author remove`）再添加。",
  "Too much is subscribed to": "订阅太多",
  "Unsubscribe from rooms or close streams that are no longer needed; docs/streams.md has the bounds.":
    "请退订不再需要的直播间或关闭不用的流；上限见 docs/streams.zh.md。",
  "Commands come too fast": "命令太频繁",
  "Send fewer: several rooms fit into one subscribe, and one ack a second is enough.":
    "请少发一些：一次 subscribe 可以包含多个直播间，ack 每秒一次就够。",
  "This is asked too often": "请求太频繁",
  "Wait as long as it says, in Retry-After too; where events are asked for, `wait=60` asks once a minute and is answered at once when something comes.":
    "请按提示（Retry-After）等待；读取事件时，`wait=60` 一分钟只请求一次，有内容时立即应答。",
  "The Open Platform refused": "开放平台拒绝了请求",
  "docs/official-push.md says what its error numbers mean and what to do.": "错误号的含义和处理办法见 docs/official-push.zh.md。",
  "The platform did not say what this room is": "平台没有说明这个直播间的情况",
  "A captcha or an empty reply says nothing about the room. Try again in a minute; log in or change the IP address if it stays.":
    "验证码或空白回答不代表直播间不存在。请一分钟后再试；一直这样就登录或换个 IP。",
  "The platform did not say what this work is": "平台没有说明这个作品的情况",
  "A page that tells nothing says nothing about the work. Try again in a few minutes; log in or change the IP address if it stays.":
    "页面什么也没说，不代表作品不存在。请几分钟后再试；一直这样就登录或换个 IP。",
  "The platform refused the connection": "平台拒绝了连接",
  "Check the signer, the cookies and the IP address; dylive backs off and tries again.":
    "请检查签名服务、Cookie 和 IP；dylive 会放慢并重试。",
  "The platform cannot be reached": "连不上平台",
  "Check the network, the proxy and DYLIVE_UPSTREAM.": "请检查网络、代理和 DYLIVE_UPSTREAM。",
  "No browser was found": "没有找到浏览器",
  "A package that this needs is not installed": "缺少一个需要的 npm 包",
  "Run that where dylive was installed: npm leaves out what it is asked to omit and what it cannot build, and runs no script that is not allowed; it says so there.":
    "请在安装 dylive 的地方运行错误详情里给出的 npm 命令。npm 会跳过要求它省略的包和编译不了的包，也不运行没有允许的脚本，并会说明。",
  "Install Chrome, Edge or Chromium (Debian: apt-get install chromium), or name the one you have with DYLIVE_BROWSER.":
    "请安装 Chrome、Edge 或 Chromium（Debian：apt-get install chromium），或用 DYLIVE_BROWSER 指定已有的。",
  "The browser failed": "浏览器出错",
  "dylive starts it again by itself. If it keeps failing, look at the memory of this machine and try another browser with DYLIVE_BROWSER.":
    "dylive 会自动重启它。反复出现请检查这台机器的内存，或用 DYLIVE_BROWSER 换一个浏览器。",
  "The disk is full": "磁盘已满",
  "Make room on the disk of the data folder or of the database, or let dylive keep less (docs/data.md); it goes on by itself, without a restart.":
    "请给数据目录或数据库所在的磁盘腾出空间，或让 dylive 少保留一些（docs/data.zh.md）；之后会自动继续，不用重启。",
  "The store cannot be written": "存储无法写入",
  "Make the data folder and its files writable for the user that dylive runs as, on a disk that is not mounted read-only; with DATABASE_URL, name the server that takes writes.":
    "请让运行 dylive 的用户能写数据目录和其中的文件，磁盘不能以只读方式挂载；用 DATABASE_URL 时，请指定可写的服务器。",
  "The store may not be opened": "没有权限打开存储",
  "Give the user that dylive runs as the right to read and write what is named, and the folder that it is in (chown, chmod; GRANT in PostgreSQL).":
    "请让运行 dylive 的用户能读写提示的文件和它所在的目录（chown、chmod；PostgreSQL 用 GRANT）。",
  "The store is locked": "存储被锁住了",
  "Another program holds a lock on it (a shell of SQLite or PostgreSQL, a tool that copies it): end that. dylive goes on by itself.":
    "有别的程序占着它（SQLite 或 PostgreSQL 的命令行、正在复制它的工具）：请结束那个程序，之后会自动继续。",
  "The store was written by a newer dylive": "存储是更新版本的 dylive 写的",
  "Use the dylive that wrote it, or a newer one; or name another data folder or database.":
    "请用写入它的版本或更新的版本；或换一个数据目录或数据库。",
  "The disk failed": "磁盘出错",
  "Look at the disk of the data folder, at quotas and at the limit of file sizes (ulimit -f); dylive goes on by itself when it can write again.":
    "请检查数据目录所在的磁盘、配额和文件大小限制（ulimit -f）；可以写入后会自动继续。",
  "The store is damaged": "存储已损坏",
  "Stop the server, keep a copy of the data folder, and put the newest backup in the store's place; docs/data.md and docs/scale.md say how.":
    "请停止服务，保留一份数据目录，再用最新的备份替换；做法见 docs/data.zh.md 和 docs/scale.zh.md。",
  "The database cannot be reached": "连不上数据库",
  "Check that PostgreSQL runs and that DATABASE_URL leads to it from this machine; dylive goes on by itself when it is back.":
    "请检查 PostgreSQL 是否在运行，DATABASE_URL 从这台机器能否连上；恢复后会自动继续。",
  "Another process has the room": "这个直播间由另一个进程采集",
  "You need not do anything: the other process collects it. `dylive cluster` says which.":
    "不用做什么：由那个进程采集。`dylive cluster` 显示是哪一个。",
  "The server is stopping": "服务正在停止",
  "Try again when it is back.": "请等它重新启动后再试。",
  "The server cannot serve requests": "服务暂时不能应答",
  "Look at the disk of the data folder, with DATABASE_URL at PostgreSQL and the way to it, and at the server's log.":
    "请检查数据目录所在的磁盘（用 DATABASE_URL 时检查 PostgreSQL 和到它的网络），以及服务的日志。",
  "dylive failed": "dylive 出错了",
  "The server's log has the details under the request id; please report it.": "服务的日志里按请求 id 有详细信息；请反馈这个问题。",
  "Its author was erased here": "作品的作者已在本服务中被删除",
  "From an hour after the erasure on it is kept again when it is read; `dylive work` reads it without keeping it.":
    "删除一小时之后再读取才会保存；`dylive work` 可以读取而不保存。",
};
