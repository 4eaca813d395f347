import { type Config, takesOf, variableOf } from "../../src/app/config.js";
import { ConfigSchema } from "../../src/app/setting-schema.js";
import { inLanguage, type Language } from "../../src/i18n/words.js";
import { english, Told } from "../../src/runtime/told.js";
import { cell, table } from "./table.js";

type Key = keyof Config;
/** Headings, with how the keys below them begin; the first that fits has a key. */
const GROUPS: readonly (readonly [heading: Readonly<Record<Language, string>>, of: RegExp])[] = [
  [{ en: "The server", zh: "服务" }, /^(host|port|data$|logLevel|record|disk)/],
  [{ en: "Several processes on one database", zh: "多个进程共用一个数据库" }, /^(database|role|name|capacity|spool)/],
  [
    { en: "Towards the platform", zh: "访问平台" },
    /^(upstream|signer|source|account|browser|cdp|rooms|proxy|userAgent|poll|requests|connects)/,
  ],
  [{ en: "Rooms that are asked for", zh: "按需采集的直播间" }, /^(maxOnDemand|onDemand)/],
  [{ en: "Webhooks", zh: "Webhook" }, /^hook/],
  [{ en: "How much is kept", zh: "保留多少" }, /^keep/],
  [{ en: "Clients of other programs", zh: "其他程序的客户端" }, /^compat/],
  [{ en: "The Open Platform's push", zh: "开放平台推送" }, /^official/],
  [{ en: "Others", zh: "其他" }, /./],
];

const WRITTEN = "<!-- Written by test/docs/generated.test.ts from src/app/setting-schema.ts; change it there and run the test with -u. -->";
const EXAMPLE = `\`\`\`sh
DYLIVE_PORT=9000 DYLIVE_KEEP_EVENTS_DAYS=90 dylive serve
\`\`\``;
const INTRODUCTION: Readonly<Record<Language, string>> = {
  en: `# Configuration

${WRITTEN}

Every setting of dylive. Settings are environment variables; a command's own options (\`--port\`, \`--data\` …)
come before them. A value that is not valid ends the start with \`bad_config\`, which names the variable and what it takes. An empty variable counts as unset. [中文](configuration.zh.md)

${EXAMPLE}

\`GET /v1/about\` (scope admin) and the dashboard's settings show what a running server uses, without secrets.

Some can be changed while a server runs: how much it keeps (\`DYLIVE_KEEP_…\`, see [data](data.md#limits)), what it logs (\`DYLIVE_LOG_LEVEL\`), how fast it asks the platform (\`DYLIVE_REQUESTS_PER_S\`, \`DYLIVE_CONNECTS_PER_S\`) and how often it looks at rooms that are not live (\`DYLIVE_POLL_MS\`).
They are changed on the dashboard (settings, about and doctor), by \`dylive settings set DYLIVE_LOG_LEVEL debug\` (\`none\` for the default) or \`PATCH /v1/settings\`, for all processes on one database, which follow within half a minute, limits of what is kept within ten. What a process was started with wins there. Each process logs a change as it learns of it, with the value, by whom and when. Every other setting takes a restart: it is read once, at the start.
`,
  zh: `# 设置

${WRITTEN}

dylive 的全部设置。设置就是环境变量，命令自己的选项（\`--port\`、\`--data\` 等）优先。值无效时启动会以 \`bad_config\` 结束，并说明是哪个变量、可以写什么。空的变量等于没有设置。[English](configuration.md)

${EXAMPLE}

\`GET /v1/about\`（admin 权限）和控制台的设置页显示正在运行的服务所用的值，不含密钥。

有些设置可以在运行时修改：保留多少数据（\`DYLIVE_KEEP_…\`，见[数据](data.zh.md#保留期限)）、日志级别（\`DYLIVE_LOG_LEVEL\`）、向平台请求的速度（\`DYLIVE_REQUESTS_PER_S\`、\`DYLIVE_CONNECTS_PER_S\`），以及多久查看一次没有开播的直播间（\`DYLIVE_POLL_MS\`）。
在控制台（设置 → 关于与诊断）、用 \`dylive settings set DYLIVE_LOG_LEVEL debug\`（\`none\` 恢复默认）或 \`PATCH /v1/settings\` 修改，对同一个数据库上的所有进程有效：半分钟内生效，保留期限十分钟内生效。某个进程启动时给定的值，在那里优先。每个进程得知修改后写进日志：改成什么、谁改的、什么时候。其他设置都要重启才生效：只在启动时读取一次。
`,
};
const TITLES: Readonly<Record<Language, readonly string[]>> = {
  en: ["variable", "takes", "default", "what it is"],
  zh: ["变量", "可以写", "默认", "说明"],
};

/** docs/configuration.md, or the Chinese one. */
export function configurationPage(language: Language = "en"): string {
  const left = new Set(Object.keys(ConfigSchema.properties) as Key[]);
  const sections = GROUPS.map(([heading, of]) => {
    const keys = [...left].filter((key) => of.test(key));
    for (const key of keys) left.delete(key);
    const rows = keys.map((key) => row(key, language));
    return keys.length === 0 ? "" : `\n## ${heading[language]}\n\n${table(TITLES[language], rows)}`;
  });
  return `${INTRODUCTION[language]}${sections.join("")}`;
}

function row(key: Key, language: Language): readonly string[] {
  const property = ConfigSchema.properties[key] as Parameters<typeof takesOf>[0];
  const about = inLanguage(language, property.description ?? "");
  return [`\`${variableOf(key)}\``, takesIn(language, takesOf(property)), given(key, property.default, language), cell(about)];
}

/** Says what a setting takes. The Chinese is known without the signs around values; lists of values alone are the same in both. */
function takesIn(language: Language, takes: Told): string {
  const text = english(takes);
  return language === "en" || /^`[^`]*`(?:, `[^`]*`)*$/.test(text) ? text : inLanguage(language, unquoted(takes));
}

function unquoted({ words, values }: Told): Told {
  return new Told(
    words.map((part) => part.replaceAll("`", "")),
    values.map((value) => (value instanceof Told ? unquoted(value) : value)),
  );
}

function given(key: Key, value: unknown, language: Language): string {
  if (value === null || (typeof value === "object" && Object.keys(value).length === 0)) return { en: "unset", zh: "不设" }[language];
  const time = !key.endsWith("Ms") || typeof value !== "number" ? "" : duration(value, language);
  return `\`${String(value)}\`${time === "" ? "" : language === "en" ? ` (${time})` : `（${time}）`}`;
}

const UNITS = [
  [86_400_000, { en: "days", zh: "天" }],
  [3_600_000, { en: "hours", zh: "小时" }],
  [60_000, { en: "minutes", zh: "分钟" }],
  [1000, { en: "seconds", zh: "秒" }],
] as const;

function duration(ms: number, language: Language): string {
  const [size, unit] = UNITS.find(([size]) => ms >= size && ms % size === 0) ?? [1, { en: "ms", zh: "毫秒" }];
  return `${ms / size} ${ms === size && language === "en" ? unit.en.replace(/s$/, "") : unit[language]}`;
}
