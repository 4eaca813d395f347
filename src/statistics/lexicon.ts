/** Words of live rooms that jieba's dictionary lacks, or would cut in two; separated by spaces. */
export const LIVE_WORDS =
  "主播 连麦 小黄车 购物车 福袋 家人们 宝子们 榜一 榜二 榜三 榜单 守塔 偷塔 上票 点赞 点点赞 关注 粉丝团 粉丝牌 灯牌 嘉年华 小心心 " +
  "人气票 大啤酒 直播间 弹幕 刷礼物 上车 下单 包邮 优惠券 秒杀 敏感肌 绝绝子 破防 上头 下播 开播 刚来 公屏 扣1 扣一 好评 回购 链接 " +
  "蹲一个 求带 连胜 惩罚 对面 运营 场控 房管 禁言 热度 人气 小时榜 带货 尺码 色号 自用 种草 拔草 收到货 没货";

/** Words of two signs or more that say nothing about what a room talks of; separated by spaces. */
export const STOP_WORDS =
  "这个 那个 什么 怎么 就是 一个 没有 可以 我们 你们 他们 她们 自己 不是 还是 不要 不能 现在 这么 那么 这样 那样 这是 那是 这里 那里 时候 " +
  "因为 所以 但是 如果 已经 还有 或者 然后 一下 一点 有点 为什么 怎么样 哪个 哪里 多少 知道 觉得 the and you is to of in it";
