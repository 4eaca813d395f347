import { inLanguage, type Language } from "../../src/i18n/words.js";
import { ERRORS, type ErrorCode, type Fault } from "../../src/runtime/errors.js";
import { page, withPart } from "./markdown.js";
import { cell, table } from "./table.js";

const FAULTS: Readonly<Record<Fault, Readonly<Record<Language, string>>>> = {
  caller: { en: "The request, the input or the settings", zh: "请求、输入或设置" },
  platform: { en: "The platform", zh: "平台" },
  network: { en: "The network", zh: "网络" },
  us: { en: "dylive, or the machine it runs on", zh: "dylive，或运行它的机器" },
};
const TITLES: Readonly<Record<Language, readonly string[]>> = {
  en: ["code", "HTTP", "try again", "sentence", "what to do"],
  zh: ["code", "HTTP", "再试", "说明", "怎么办"],
};
const AGAIN: Readonly<Record<Language, readonly [yes: string, no: string]>> = { en: ["yes", "no"], zh: ["可以", "没用"] };

/** docs/errors.md, or the Chinese one, with the errors of the source. */
export function errorsPage(language: Language = "en"): string {
  const sections = (Object.keys(FAULTS) as Fault[]).map((fault) => {
    const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERRORS[code].fault === fault);
    const rows = codes.map((code) => {
      const { message, hint, retryable, status } = ERRORS[code];
      const words = (text: string) => cell(inLanguage(language, text));
      return [`\`${code}\``, `${status}`, AGAIN[language][retryable ? 0 : 1], words(message), words(hint)];
    });
    return `\n## ${FAULTS[fault][language]}\n\n${table(TITLES[language], rows)}`;
  });
  return withPart(page(`docs/errors${language === "zh" ? ".zh" : ""}.md`), "errors", sections.join(""));
}
