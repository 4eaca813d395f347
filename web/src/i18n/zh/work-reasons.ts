/** The reasons that the server gives of works (src/platform/works, src/platform/links, src/works), in Chinese. */
export const workReasons: readonly (readonly [RegExp, string])[] = [
  // What the platform refuses.
  [/^the platform asks for a captcha(?: \(status_code (?:\d+)\))?, which a person has to solve$/, "平台要求完成验证码，需要人来操作"],
  [/^the platform shows its captcha page, which a person has to solve$/, "平台显示了验证码页面，需要人来操作"],
  [
    /^the platform takes the request for one that is not its page's own \((.*)\): .*$/,
    "平台认为请求不是网页自己发出的（$1）：网页的安全脚本没有运行，或这台机器的时钟不准",
  ],
  [/^the platform refuses this visitor for now \(blocked\)$/, "平台暂时拒绝了这个访客（blocked）"],
  [/^the platform refuses this visitor for now: too many requests$/, "平台暂时拒绝了这个访客：访问过于频繁"],
  [
    /^the platform answered with nothing, which is how it refuses an address; it lifts in about 20 minutes$/,
    "平台给了空白的回答，这是它拒绝某个 IP 的方式，大约 20 分钟后解除",
  ],
  [/^the platform has no work of this id, or none any more$/, "平台没有这个作品，或者已经删除"],
  [/^only its author can see (?:the work|it)$/, "只有作者自己能看"],
  [/^only friends of its author can see it$/, "只有作者的好友能看"],
  [/^the work is a note of pictures, and was asked for as a video$/, "这是图文作品，却按视频打开了"],
  [/^the platform does not show the work: (.*)$/, "平台不展示这个作品：$1"],
  [/^the platform shows (?:this|it) to people who are logged in$/, "登录之后才能看"],
  [/^the platform says that it does not exist(?: \((.*)\))?$/, "平台表示它不存在 $1"],
  [
    /^the platform shows this visitor no more: a login is needed for the rest, and is not always enough$/,
    "平台不再给这个访客看更多：其余的要登录，登录了也不一定够",
  ],
  [
    /^the platform gives an empty list and says that there are (\d+): comments are closed, or refused to this visitor$/,
    "平台说有 $1 条，却给了空列表：评论已关闭，或不给这个访客看",
  ],
  [
    /^the platform gives an empty list and does not say that there are none: comments are closed, or refused to this visitor$/,
    "平台给了空列表，也没有说是零条：评论已关闭，或不给这个访客看",
  ],
  [/^the platform refuses requests for now \(HTTP (\d+)\)$/, "平台暂时拒绝请求（HTTP $1）"],
  [/^the platform refuses this address \(HTTP (\d+)\)$/, "平台拒绝了这个 IP（HTTP $1）"],
  [/^the platform answered HTTP (\d+)$/, "平台回答 HTTP $1"],
  [/^the platform answered status_code (\S+?)(?:: (.*))?$/, "平台回答错误码 $1 $2"],
  [/^the platform has no such page \(HTTP (\d+)\)$/, "平台没有这个页面（HTTP $1）"],
  // What a work says of itself.
  [/^the work was deleted$/, "作品已被删除"],
  [/^the platform forbids it$/, "平台禁止展示"],
  [/^the platform is still reviewing it$/, "平台还在审核"],
  [/^the answer is incomplete: pictures are announced, and none are in it$/, "回答不完整：说有图片，却一张也没有给"],
  [/^the answer is incomplete: it has no address of the film$/, "回答不完整：没有给视频的地址"],
  // Pages that tell nothing.
  [
    /^the work's page told nothing of it within (\d+) s: neither its state nor a reply that it asked for$/,
    "$1 秒内作品的页面没有说明任何情况：页面里没有数据，它请求的接口也没有回答",
  ],
  [/^the platform leads from the work's page to (.*)$/, "平台把作品的页面转到了 $1"],
  [/^the reply is longer than (\d+) bytes$/, "回答超过 $1 字节，没有读取"],
  [/^the reply (?:is not a JSON object|holds nothing that is known|names no work)$/, "回答的内容无法识别"],
  // Texts and links that name no work.
  [/^the (?:short )?link leads to a live room, not to a work: .*$/, "这个链接是直播间，不是作品；请到「直播间」页添加"],
  [/^the (?:short )?link leads to an author's page, not to a work: .*$/, "这个链接是作者主页，不是作品；用 dylive works 列出作品"],
  [/^the (?:short )?link leads to a mix, not to a work: .*$/, "这个链接是合集，不是作品；用 dylive works 列出作品"],
  [/^the (?:short )?link leads to a piece of music, not to a work; .*$/, "这个链接是音乐，不是作品；音乐只随所属的作品一起读取"],
  [/^the (?:short )?link leads to a replay, not to a work; .*$/, "这个链接是直播回放，不是作品；dylive 只在直播时采集"],
  [/^the (?:short )?link leads to ixigua\.com \(西瓜视频\), not to a work; .*$/, "这个链接是西瓜视频，dylive 不支持"],
  [/^the (?:short )?link leads to (.*), not to a work$/, "这个链接指向 $1，不是作品"],
  [/^there can be no work (\S+): .*; look for a wrong, missing or doubled digit$/, "不会有作品 $1：请检查数字有没有抄错、漏掉或重复"],
  [/^the platform asks for a captcha before it says where the short link leads$/, "平台要求完成验证码，才说明短链接指向哪里"],
  [/^the short link leads back to itself$/, "短链接指向了它自己"],
  [/^the short link leads to the start page of (\S+), which names nothing$/, "短链接只指向 $1 的首页"],
  [
    /^the short link ends at (\S+), which names nothing(?: \(it may be a captcha page\))?$/,
    "短链接停在 $1，看不出是哪个作品（可能是验证码页）",
  ],
  [/^the short link was redirected (\d+) times without naming anything$/, "短链接跳转了 $1 次，看不出是哪个作品"],
  [/^the short link leads a browser page to (\S+), which .*$/, "短链接在浏览器里打开了 $1，看不出是哪个作品"],
  [/^(\S+) answered HTTP (\d+)(?: with nothing)? and leads nowhere$/, "$1 回答 HTTP $2，没有指向任何地方"],
  // Waiting for a turn.
  [/^its turn did not come within (\d+) s: (\d+) wait$/, "$1 秒内没有轮到它，还有 $2 个在等"],
  [
    /^its turn did not come within (\d+) s: after many refusals nothing is read for five minutes$/,
    "$1 秒内没有轮到它：被拒绝太多次，暂停读取五分钟",
  ],
  [/^(\d+) works wait to be read$/, "已有 $1 个作品在排队"],
  [/^works are no longer read$/, "服务正在停止，不再读取作品"],
  [/^this server reads no works$/, "这台服务器不读取作品"],
  [/^works belong to no room; the token is limited to some$/, "作品不属于任何直播间，而这个令牌只限于某些直播间"],
  [/^the work (\d+) is not kept; .*$/, "作品 $1 没有保存过，读取一次就有了"],
  // Why a rung is taken (src/works/model/quality.ts).
  [/^the best of those that can be played$/, "能播放的版本里画质最好"],
  [/^the most pixels of those that every player shows \(h264 in mp4, no HDR\)$/, "所有播放器都能放的版本（h264、mp4、非 HDR）里像素最多"],
  [/^there is no h264 in mp4 without HDR, so not every player may show it$/, "没有非 HDR 的 h264 mp4，有的播放器可能放不了"],
];
