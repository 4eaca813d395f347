// Guards: Everything that commands, errors and the API say is said in Chinese too.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { languageOf, loadConfig } from "../../src/app/config.js";
import { ConfigSchema } from "../../src/app/setting-schema.js";
import { programFor } from "../../src/cli/program.js";
import { columnsOf } from "../../src/cli/terminal.js";
import { COMMANDS as WS_COMMANDS } from "../../src/http/streams/ws-command.js";
import { acceptedLanguage, inLanguage, messageIn, recognised } from "../../src/i18n/words.js";
import { COMMANDS } from "../../src/i18n/zh/commands.js";
import { DETAILS } from "../../src/i18n/zh/details.js";
import { DOCTOR } from "../../src/i18n/zh/doctor.js";
import { ERRORS_IN_CHINESE } from "../../src/i18n/zh/errors.js";
import { OUTPUT } from "../../src/i18n/zh/output.js";
import { REASONS } from "../../src/i18n/zh/reasons.js";
import { SETTINGS } from "../../src/i18n/zh/settings.js";
import { WORKS } from "../../src/i18n/zh/works.js";
import { STEP_WORDS } from "../../src/platform/links/resolve.js";
import { DyliveError, ERRORS } from "../../src/runtime/errors.js";
import { joinMsgs, type Msg, msg, msgOf } from "../../src/runtime/msg.js";
import { helpOf, leaves } from "../cli/tree.js";
import { sentencesOf } from "./sentences.js";

const TABLES = { COMMANDS, OUTPUT, SETTINGS, DOCTOR, ERRORS_IN_CHINESE, DETAILS, REASONS, WORKS };
const SENTENCES = sentencesOf();
const zh = (sentence: string) => inLanguage("zh", recognised(sentence));

/** Returns the error that work is refused with. */
function thrownBy(work: () => unknown): DyliveError {
  try {
    work();
  } catch (error) {
    if (error instanceof DyliveError) return error;
  }
  throw new Error("it was not refused");
}
const HAN = /\p{Script=Han}/u;
const isChinese = (text: string) => /[\p{Script=Han}，：；（]/u.test(text);
/** Sentences of commander, which the source does not have: they are asked of it below. */
const OF_COMMANDER =
  /^(error: |\(Did you mean |Allowed choices |(choices|default): $|(Usage|Arguments|Options|Commands):$|command to show)/;

describe("each table of Chinese sentences", () => {
  const texts = new Set(SENTENCES.flatMap(({ text }) => [text, text.replaceAll("`", "")])); // what settings take is told without

  it.each(Object.entries(TABLES))("%s: has sentences that the source says, and says in Chinese all that they say", (_name, table) => {
    const wrong = Object.entries(table).flatMap(([english, chinese]) => {
      const places = english.split("{}").length - 1;
      const used = [...chinese.matchAll(/\{(\d?)\}/g)].map(([, number], i) => (number === "" ? i + 1 : Number(number))).sort();
      const isWhole = used.join() === Array.from({ length: places }, (_, i) => i + 1).join();
      const isSaid = texts.has(english) || OF_COMMANDER.test(english);
      return isWhole && isSaid && isChinese(chinese) ? [] : [{ english, isWhole, isSaid }];
    });
    expect(wrong).toEqual([]);
  });

  it("say nothing with a blank between two Chinese signs, whatever sentence of ours stands in them", () => {
    const blank = /[\p{Script=Han}，。：；、（）「」？！] [\p{Script=Han}，。：；、（）「」？！]/u;
    const sentences = Object.values(TABLES).flatMap(Object.keys);
    const rendered = sentences.map((english) => {
      const words = english.split("{}");
      return inLanguage("zh", msg(words, ...words.slice(1).map(() => msgOf("ten minutes"))));
    });
    expect(rendered.length).toBeGreaterThan(1_500);
    expect(rendered.join("\n")).toContain("十分钟");
    expect(rendered.filter((text) => blank.test(text))).toEqual([]);
  });

  it("have no sentence twice", () => {
    const all = Object.values(TABLES).flatMap((table) => Object.keys(table));
    expect(all.filter((one, at) => all.indexOf(one) !== at)).toEqual([]);
  });
});

describe("in Chinese", () => {
  it("the help of every command says no English sentence, and fits 80 columns", async () => {
    const all = leaves(await programFor(null, "zh"), []);
    expect(all.length).toBeGreaterThan(45);
    const english: string[] = [];
    for (const { path, command } of all) {
      const lines = helpOf(command).split("\n");
      expect(lines.filter((line) => columnsOf(line) > 80)).toEqual([]);
      const exampleAt = lines.findIndex((line) => /^示例：$/.test(line));
      // Of the examples what a shell takes stays.
      const told = lines.slice(1).filter((line, at) => at + 1 < exampleAt || !line.startsWith("  "));
      expect(lines[0]).toMatch(/^用法： dylive/);
      for (const line of told.map((one) => one.replace(/`[^`]*`/g, "…"))) {
        const sentence = /[a-z]{2,} [a-z]{2,} [a-z]{2,}/.test(line);
        const undescribed = /^ {2}\S.*\S {2,}[^\p{Script=Han}]+$/u.test(line);
        if (sentence || undescribed) english.push(`${path}: ${line}`);
      }
    }
    expect(english).toEqual([]);
  });

  it.each([
    [["serve", "--prot", "1"], /^错误：没有选项 '--prot'\n（是不是想写 --port？）\n（见 dylive serve --help）\n$/],
    [["resolve"], /^错误：缺少参数 'text'\n/],
    [["serve", "--port", "x"], /^错误：选项 '--port <port>' 不接受 'x'。应为 0 到 65,535 的整数。\n/],
    [["export", "1", "--format", "word"], /不接受 'word'。可选：jsonl, /],
    [["demo", "x", "y"], /^错误：'demo' 的参数太多，应有 0 个，给了 2 个。\n/],
  ])("%j is refused", async (line, says) => {
    let told = "";
    const program = await programFor(null, "zh");
    for (const { command } of leaves(program, [])) command.configureOutput({ writeErr: (text) => (told += text) });
    await expect(program.parseAsync(line, { from: "user" })).rejects.toThrow();
    expect(told).toMatch(says);
  });

  it("every setting is described", () => {
    const described = Object.values(ConfigSchema.properties).map((schema) => (schema as { description?: string }).description ?? "");
    expect(described.filter((one) => !isChinese(zh(one)))).toEqual([]);
  });
});

describe("errors in Chinese", () => {
  it("have the message and the hint of every code", () => {
    const told = Object.values(ERRORS).flatMap(({ message, hint }) => [message, hint]);
    expect(told.filter((one) => !Object.hasOwn(ERRORS_IN_CHINESE, one))).toEqual([]);
  });

  it("say what was wrong each time", () => {
    const told = SENTENCES.filter(({ within }) => within.some((name) => /(DyliveError|FieldError)$/.test(name)));
    const missing = told.filter(
      ({ text }) => /[A-Za-z]{2,}[^{}]* [^{}]*[A-Za-z]{2,}/.test(text) && !Object.hasOwn(DETAILS, text) && !HAN.test(zh(text)),
    );
    expect(missing.map(({ text, file }) => `${file}: ${text}`)).toEqual([]);
  });

  it("are all that is told", () => {
    const missing = SENTENCES.filter(
      ({ text, isTold }) =>
        isTold &&
        /[A-Za-z]{2,}/.test(text.replaceAll(/`[^`]*`/g, "")) &&
        !Object.values(TABLES).some((table) => Object.hasOwn(table, text)),
    );
    expect(missing.map(({ text, file }) => `${file}: ${text}`)).toEqual([]);
  });
});

/** Files whose every sentence is a reason that is told to people: of a refusal, of a run's end, of a file that did not come. */
const OF_WORKS =
  /^(platform\/access\/media-hosts|platform\/works\/(refusal|reply|work)|platform\/browser\/((list|comment|work)-page|page-replies)|works\/(comments|work-lister|download|fetch-file|join|author-watcher)|runtime\/guarded-connector)\.ts$/;
/** Words that are no sentence: of code, and of what the platform writes. */
const NO_SENTENCE = /\[|application\/|blocked by/;

it("what is told of works is Chinese", () => {
  const told = SENTENCES.filter(({ file, text }) => OF_WORKS.test(file) && !NO_SENTENCE.test(text) && /[a-z]{2,} [a-z]{2,}/.test(text));
  expect(told.length).toBeGreaterThan(70);
  const isSaid = (text: string) => Object.values(TABLES).some((table) => Object.hasOwn(table, text));
  expect(told.flatMap(({ text, file }) => (isSaid(text) ? [] : [`${file}: ${text}`]))).toEqual([]);
});

describe("what the API says of a field of the wrong form", () => {
  interface Field {
    readonly pattern?: string;
    readonly description?: string;
  }
  interface Operation {
    readonly parameters?: readonly { readonly name: string; readonly description?: string; readonly schema: Field }[];
    readonly requestBody?: { readonly content: unknown };
  }
  const { paths } = JSON.parse(readFileSync(new URL("../../docs/gen/openapi.json", import.meta.url), "utf8")) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const fields = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ parameters = [] }) => parameters.map(({ name, description, schema }) => [name, { description, ...schema }] as const));

  it("is Chinese where the form is all that it says", () => {
    const told = fields
      .filter(([, { pattern }]) => pattern !== undefined)
      .map(([name, { description }]) => `${name} must be ${description}`);
    expect(told.length).toBeGreaterThan(20);
    expect([...new Set(told.map(zh))].filter((words) => / 应为 \P{Script=Han}*$|[a-z]{2,} [a-z]{2,} [a-z]{2,}/u.test(words))).toEqual([]);
  });

  it("is Chinese of every field of a body and of a command of the WebSocket", () => {
    const found = new Set<string>();
    const look = (at: unknown) => {
      if (typeof at !== "object" || at === null) return;
      if ("description" in at && typeof at.description === "string") found.add(at.description);
      for (const one of Object.values(at)) look(one);
    };
    for (const { requestBody } of Object.values(paths).flatMap((methods) => Object.values(methods))) look(requestBody?.content);
    look(WS_COMMANDS);
    expect(found.size).toBeGreaterThan(60);
    expect([...found].filter((text) => /[a-z]{2,} [a-z]{2,}/.test(text) && !/\p{Script=Han}/u.test(zh(text)))).toEqual([]);
  });
});

describe("a sentence in another language", () => {
  it("says in its place what is said of one case, which may be a sentence of its own", () => {
    expect(zh("reflow/info: the platform is out of reach")).toBe("reflow/info：连不上平台");
    const accounts = [msg`${"main"}: ${msg`${msg`logged in`}, ends ${"2027-01-01"}`}`, msg`${"小号"}: ${msg`logged out`}`];
    expect(inLanguage("zh", joinMsgs(accounts, "; "))).toBe("main：已登录，2027-01-01 到期；小号：登录已失效");
    const refusal = thrownBy(() => loadConfig({}, { DYLIVE_PORT: "x" }));
    expect(messageIn("zh", refusal.row.message, refusal.said)).toBe(
      '设置有误：DYLIVE_PORT 不接受 "x"。应为整数，0 到 65,535，例如 DYLIVE_PORT=8787（服务监听的端口；0 表示任选一个空闲的）',
    );
  });

  it("keeps what somebody gave as they gave it, also where it is words of ours", () => {
    const said = (sentence: Msg) => inLanguage("zh", sentence);
    expect(said(msg`no room is known as ${"the disk is full"}; add it first`)).toBe("没有叫 the disk is full 的直播间；请先添加");
    expect(said(msg`${"{1}{}$&"} exists`)).toBe("{1}{}$& 已存在");
    expect(zh('no room is known as "the disk is full; x: y"; add it first')).toContain('没有叫 "the disk is full; x: y" 的直播间');
  });

  it("is looked for in no text of a stranger's", () => {
    const crafted = "the room's page answered: the disk is full; ".repeat(90);
    const refusal = new DyliveError("bad_request", msg`body: ${crafted}`);
    expect(messageIn("zh", refusal.row.message, refusal.said)).toBe(`请求有误：body: ${crafted}`);
    expect(zh(crafted)).toBe(crafted); // longer than what is written down
  });

  it("stays as it is where there is none, and in English", () => {
    expect(zh("a text of nobody's")).toBe("a text of nobody's");
    expect(inLanguage("en", "the platform is out of reach")).toBe("the platform is out of reach");
  });
});

it.each([
  [undefined, "en"],
  ["", "en"],
  ["zh", "zh"],
  ["zh-CN,zh;q=0.9,en;q=0.8", "zh"],
  ["en-US,en;q=0.9,zh-CN;q=0.8", "en"],
  ["en;q=0.5, zh-TW", "zh"],
  ["fr, zh, en", "zh"],
  ["*", "en"],
  ["zh;q=0", "en"],
  // Of a header that is longer than any browser's only the beginning is read.
  [`${"fr;q=0.1,".repeat(1_000)}zh`, "en"],
])("Accept-Language %j is answered in %s", (header, language) => {
  expect(acceptedLanguage(header)).toBe(language);
});

it.each<[Record<string, string>, string, string]>([
  [{}, "en-US", "en"],
  [{}, "zh-CN", "zh"],
  [{ LANG: "zh_CN.UTF-8", LC_ALL: "C" }, "zh-CN", "en"],
  [{ LANG: "en_US.UTF-8", LC_MESSAGES: "zh_TW" }, "en-US", "zh"],
  [{ LANG: "zh_CN.UTF-8", DYLIVE_LANG: "en" }, "zh-CN", "en"],
  [{ DYLIVE_LANG: "" }, "zh-CN", "zh"],
])("commands of %j on a system of %s speak %s", (env, locale, language) => {
  expect(languageOf(env, locale)).toBe(language);
});

it("tells in Chinese the steps by which a room is found, where one fails, too", () => {
  for (const step of Object.values(STEP_WORDS))
    expect(inLanguage("zh", msg`${msgOf(step)} failed: ${"ENOTFOUND"}`)).toMatch(/^[^a-z]{4,}.*失败：ENOTFOUND$/);
});
