import { type Config, takesOf, variableOf } from "../../src/app/config.js";
import { ConfigSchema } from "../../src/app/setting-schema.js";
import { inLanguage, type Language } from "../../src/i18n/words.js";
import { english, Msg } from "../../src/runtime/msg.js";
import { page, withPart } from "./markdown.js";
import { cell, table } from "./table.js";

type Key = keyof Config;
/** Headings, with how the keys below them begin; the first that fits has a key. */
const GROUPS: readonly (readonly [heading: Readonly<Record<Language, string>>, of: RegExp])[] = [
  [{ en: "The server", zh: "服务" }, /^(host|port|data$|logLevel|record|disk|buffer)/],
  [{ en: "Several processes on one database", zh: "多个进程共用一个数据库" }, /^(database|role|name|capacity)/],
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

const TITLES: Readonly<Record<Language, readonly string[]>> = {
  en: ["variable", "takes", "default", "what it is"],
  zh: ["变量", "可以写", "默认", "说明"],
};

/** docs/configuration.md, or the Chinese one, with the settings of the source. */
export function configurationPage(language: Language = "en"): string {
  const left = new Set(Object.keys(ConfigSchema.properties) as Key[]);
  const sections = GROUPS.map(([heading, of]) => {
    const keys = [...left].filter((key) => of.test(key));
    for (const key of keys) left.delete(key);
    const rows = keys.map((key) => row(key, language));
    return keys.length === 0 ? "" : `\n## ${heading[language]}\n\n${table(TITLES[language], rows)}`;
  });
  return withPart(page(`docs/configuration${language === "zh" ? ".zh" : ""}.md`), "settings", sections.join(""));
}

function row(key: Key, language: Language): readonly string[] {
  const property = ConfigSchema.properties[key] as Parameters<typeof takesOf>[0];
  const about = inLanguage(language, property.description ?? "");
  return [`\`${variableOf(key)}\``, takesIn(language, takesOf(property)), given(key, property.default, language), cell(about)];
}

/** Says what a setting takes. The Chinese is known without the signs around values; lists of values alone are the same in both. */
function takesIn(language: Language, takes: Msg): string {
  const text = english(takes);
  return language === "en" || /^`[^`]*`(?:, `[^`]*`)*$/.test(text) ? text : inLanguage(language, unquoted(takes));
}

function unquoted({ words, values }: Msg): Msg {
  return new Msg(
    words.map((part) => part.replaceAll("`", "")),
    values.map((value) => (value instanceof Msg ? unquoted(value) : value)),
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
