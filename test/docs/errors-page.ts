import { inLanguage, type Language } from "../../src/i18n/words.js";
import { ERRORS, type ErrorCode, type Fault } from "../../src/runtime/errors.js";
import { cell, table } from "./table.js";

const WRITTEN = "<!-- Written by test/docs/generated.test.ts from src/runtime/errors.ts; change it there and run the test with -u. -->";
const EXAMPLE = `\`\`\`sh
curl -H "Authorization: Bearer TOKEN" "http://127.0.0.1:8787/v1/rooms/404/events"
\`\`\`

\`\`\`json
{"error": {"code": "not_found", "message": "There is no such thing here: …", "hint": "Check its name or id: …", "requestId": "5bd45e7a7da1"}}
\`\`\``;
const INTRODUCTION: Readonly<Record<Language, string>> = {
  en: `# Errors

${WRITTEN}

For each error: who has to act, whether trying again helps, and what to do. [中文](errors.zh.md)

\`code\` is stable and the same everywhere: in \`/v1\` as \`error.code\`, in the library as the \`code\` of a \`DyliveError\`, in events and in the server's log; the command
line prints the sentence and the hint and ends with 2 when the input was wrong, else with 1. The compatible interface (/douyin/…) has the HTTP status in \`code\` and the sentence in \`msg\`.

${EXAMPLE}

Sentence and hint are Chinese for a client that prefers it (\`Accept-Language: zh\`), and on a command line whose locale is Chinese (\`DYLIVE_LANG\`); the library says them in English.

A request that fails with "try again: yes" may succeed later as it is; with \`Retry-After\` in the answer, wait as long as that says. What a *room* goes through (a refusal by
the platform, a silent connection) is not an error of your request: it is the room's [state](faults.md).
`,
  zh: `# 错误

${WRITTEN}

每个错误：该由谁处理，再试一次有没有用，怎么办。[English](errors.md)

\`code\` 不会变，到处都一样：\`/v1\` 里是 \`error.code\`，库里是 \`DyliveError\` 的 \`code\`，事件和服务的日志里也是它；命令行打印这句话和提示，输入有误时以 2 结束，其他错误以 1 结束。兼容接口（/douyin/…）的 \`code\` 是 HTTP 状态码，这句话在 \`msg\` 里。

${EXAMPLE}

客户端更愿意看中文时（\`Accept-Language: zh\`），以及命令行的语言环境是中文时（\`DYLIVE_LANG\`），说明和提示是中文；库里是英文。

「再试」写着「可以」的请求，稍后原样再发就可能成功；回答带有 \`Retry-After\` 时，请等那么久。*直播间*经历的事（平台拒绝、连接上了却没有消息）不是请求的错误，而是直播间的[状态](faults.zh.md)。
`,
};

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

/** docs/errors.md, or the Chinese one. */
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
  return `${INTRODUCTION[language]}${sections.join("")}`;
}
