import type { Part } from "../strangers.js";

/** The frame around every page. */
export const shell = {
  rooms: "直播间",
  skip: "跳到内容",
  language: "English",
  languageLabel: "Switch to English",
  theme: { auto: "跟随系统", light: "浅色", dark: "深色" },
  themeLabel: (now: Part) => `外观：${now}，点击切换`,
  navigation: "导航",
  notFound: "没有这个页面。",
  gone: { room: "这个直播间不存在，或者已经删除。", session: "这一场不存在，或者已经删除。" },
  toRooms: "回到直播间列表",
  close: "关闭",
  loading: "正在读取…",
  deletion: {
    button: "删除",
    title: (name: Part) => `删除「${name}」`,
    room: "直播间的全部事件、统计、场次和原始录制都会删除，不再采集。无法恢复。",
    session: "这一场的事件、统计和原始录制都会删除。无法恢复。",
    type: "要确认，请输入",
    or: "或",
    begin: "永久删除",
    progress: (events: number) => `正在删除，已删除 ${events} 个事件…`,
    done: (events: number, files: number) => `已删除：${events} 个事件，${files} 个原始录制。`,
    left: "这里删不到的：",
  },
  mayOnlyLook: "这个 token 只能看，不能改：页面上只有它能用的功能。",
  notItsRooms: "这个 token 只限于部分直播间，作品不属于任何直播间。",
  link: {
    retrying: (seconds: number) => `和服务的连接断了，${seconds} 秒后自动重连。断开期间的消息会补上。`,
    now: "正在重连…",
  },
  token: {
    title: "需要 token",
    why: "这个页面要用 dylive 的 token 才能读数据。启动 dylive 时打印的地址（#token=… 结尾）会自动带上它；也可以粘贴在这里。",
    refused: "token 无效、已过期或已被吊销，请换一个。",
    label: "token",
    use: "使用",
    make: "没有 token？在运行 dylive 的机器上执行：",
    kept: "token 只保存在这个浏览器里。",
  },
};
