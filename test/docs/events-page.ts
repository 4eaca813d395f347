import { EVENT_TYPES, KINDS, UserSchema } from "../../src/events/event.js";
import { WITHOUT_EVENT } from "../../src/platform/wire/methods.js";
import { EVENT_SAMPLES } from "./event-samples.js";
import { CHINESE } from "./events-in-chinese.js";
import { cell, table } from "./table.js";

/** What is read of a JSON Schema here. */
export interface Property {
  readonly $id?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly description?: string;
}

type Language = "en" | "zh";

/** Words of the page beside those of the schema. */
interface Words {
  readonly introduction: string;
  readonly titles: readonly [field: string, type: string, about: string];
  readonly shared: string;
  readonly ids: string;
  readonly person: string;
  readonly personName: string;
  readonly none: string;
  readonly without: string;
  readonly methods: readonly [methods: string, why: string];
  readonly optional: string;
  readonly or: string;
  list(of: string): string;
  /** Words of the schema. @throws Error for those that it does not know */
  say(words: string): string;
}

const ENGLISH: Words = {
  introduction: `# Events

<!-- Written by test/docs/generated.test.ts from the schema in src/events/event.ts; change it there and run the test with -u. -->

Every event that dylive gives out. Over HTTP, in streams and webhooks, in JSONL exports and in the library, events are the same objects. [中文](events.zh.md)

- \`type\` says which fields there are. New types and new fields may come; passing over what you do not know keeps your program working.
- **Unknown is \`null\`**, never 0 or \`""\`. A field that is marked *optional* is not there where it says nothing.
- **Ids are strings**, also those of 19 digits. **Times are milliseconds UTC.** Text is as people wrote it: treat it as hostile.
- \`seq\` counts from 1 in each room, without holes, in the order of arrival; \`time\` is the platform's and may run back a little.
- \`source\` \`test\` marks a [test event](overlay.md#test-events): somebody asked for it to try overlays and alarms, and nothing happened. Leave it out of what you count.
- \`unknown\`, \`rank\` and \`stats\` are sent only when \`types\` names them (\`types=*\` names all).
`,
  titles: ["field", "type", "what it is"],
  shared: "\n## In every event\n\n",
  ids: `
A message of the platform is its method and its msg_id (\`Common.msg_id\`): what is sent again has the same, and is the same event. So the \`id\` of a chat (\`WebcastChatMessage\`) is that msg_id,
and of every other method it is the msg_id, a colon and the method (\`7624523651580285990:WebcastGiftMessage\`), since two methods may carry one msg_id. Where a message has none, the id of its envelope stands in,
as it does for the five methods that tell a state again and again under one msg_id (RoomDataSync, InRoomBanner, ResidentGuest, CommonDot, LowPcuGuide), but that what RoomDataSync tells has its key, broadcast and version (\`LotteryInfoSyncData:7624518339386641206:1775218574999020874:WebcastRoomDataSyncMessage\`); where that is missing too, \`h:\` and a digest of method and payload. Items of the Open Platform's push
have their msg_id as it is. Our own events are \`settle:\`, \`state:\`, \`gap:\` … Whoever looks for what the platform names (\`deletes\` of a notice, ids of its other interfaces) compares with what stands before the colon.
`,
  person:
    "\n## A person\n\nWherever a person is: `user`, `receiver`, `operator`, in ranks and lists. Fields are null where the platform does not say.\n\n",
  personName: "[person](#a-person)",
  none: "No fields of its own.\n",
  without: `
## Methods without an event

Every other method that dylive knows has an event of one of the types above. These are \`unknown\` as they came, on purpose; so are the keys of RoomDataSync other than what is pinned, a lottery and who is linked. Each begins with \`Webcast\`.

`,
  methods: ["methods", "why"],
  optional: ", optional",
  or: " or ",
  list: (of) => `list of ${of}`,
  say: (words) => words,
};

const IN_CHINESE: Words = {
  introduction: `# 事件

<!-- 由 test/docs/generated.test.ts 依据 src/events/event.ts 的 schema 和 test/docs/events-in-chinese.ts 生成；请在那里修改，再用 -u 运行测试。 -->

dylive 给出的每一种事件。HTTP、数据流、webhook、JSONL 导出和库里，都是同样的对象。[English](events.md)

- \`type\` 决定有哪些字段。以后会有新的类型和字段：跳过不认识的，程序就能一直用下去。
- **未知就是 \`null\`**，绝不是 0 或 \`""\`。标着「可选」的字段，没有内容时就不出现。
- **id 是字符串**，19 位的也是。**时间是 UTC 毫秒。** 文字都是别人写的原文：请当作不可信的输入。
- \`seq\` 在每个直播间里从 1 开始，没有空缺，按到达的顺序；\`time\` 是平台的时间，可能略有倒退。
- \`source\` 为 \`test\` 的是[测试事件](overlay.zh.md#测试事件)：有人为了试画面和通知而造，什么都没有发生。统计时请不要计入。
- \`unknown\`、\`rank\` 和 \`stats\` 只在 \`types\` 写明时推送（\`types=*\` 是全部）。
`,
  titles: ["字段", "类型", "说明"],
  shared: "\n## 每个事件都有\n\n",
  ids: `
平台的一条消息由它的 method 和 msg_id（\`Common.msg_id\`）确定：重复推送的两者都相同，就是同一个事件。弹幕（\`WebcastChatMessage\`）的 \`id\` 就是 msg_id；
其他 method 的 \`id\` 是 msg_id、冒号、method（\`7624523651580285990:WebcastGiftMessage\`），因为两种 method 可能带同一个 msg_id。消息没有 msg_id 时，用外层信封的 id；
有五种 method 用同一个 msg_id 反复推送某个状态（RoomDataSync、InRoomBanner、ResidentGuest、CommonDot、LowPcuGuide），也用信封的 id，但 RoomDataSync 用它的键、直播场次和版本（\`LotteryInfoSyncData:7624518339386641206:1775218574999020874:WebcastRoomDataSyncMessage\`）；连信封的 id 也没有时，用 \`h:\` 加 method 和 payload 的摘要。开放平台推送的
msg_id 原样使用。dylive 自己的事件是 \`settle:\`、\`state:\`、\`gap:\`……要对应平台给出的 id（notice 的 \`deletes\`、其他接口的 id），请与冒号前面的部分比较。
`,
  person: "\n## 人物\n\n凡是有人的地方：`user`、`receiver`、`operator`，以及榜单和列表里。平台没有说明的字段是 null。\n\n",
  personName: "[人物](#人物)",
  none: "没有自己的字段。\n",
  without: `
## 没有对应事件的 method

dylive 认识的其他 method 都有上面某一类型的事件。下面这些有意保持原样，是 \`unknown\`；RoomDataSync 中置顶、福袋和连麦以外的键也是。它们都以 \`Webcast\` 开头。

`,
  methods: ["method", "原因"],
  optional: "，可选",
  or: " 或 ",
  list: (of) => `${of} 的列表`,
  say: (words) => {
    const said = CHINESE[words];
    if (said === undefined && words !== "") throw new Error(`test/docs/events-in-chinese.ts does not say: ${words}`);
    return said ?? "";
  },
};

/** docs/events.md, and docs/events.zh.md. */
export function eventsPage(language: Language = "en"): string {
  const words = language === "zh" ? IN_CHINESE : ENGLISH;
  const kinds = EVENT_TYPES.map((type) => [type, KINDS[type] as Property] as const);
  const first = (kinds[0]?.[1].properties ?? {}) as Readonly<Record<string, Property>>;
  const shared = Object.entries(first).filter(
    ([name]) => name !== "type" && kinds.every(([, kind]) => kind.properties?.[name] !== undefined),
  );
  const names = new Set(["type", ...shared.map(([name]) => name)]);
  const type: Property = { type: "string", description: "one of the above" };
  const seq: Property = { type: "integer", description: "place in the room's log" };
  return [
    `${words.introduction}\n`,
    table(
      [words.titles[1], words.titles[2]],
      kinds.map(([type, { description = "" }]) => [`[\`${type}\`](#${type})`, cell(words.say(description))]),
    ),
    words.shared,
    table(
      words.titles,
      rows(words, Object.fromEntries([["seq", seq], ["type", type], ...shared]), ["seq", ...(kinds[0]?.[1].required ?? [])]),
    ),
    words.ids,
    words.person,
    table(words.titles, rows(words, (UserSchema as Property).properties ?? {}, UserSchema.required)),
    ...kinds.map(([type, kind]) => section(words, type, kind, names)),
    words.without,
    table(
      words.methods,
      WITHOUT_EVENT.map(({ why, methods }) => [methods.map((name) => name.replace(/^Webcast/, "")).join(", "), cell(words.say(why))]),
    ),
  ].join("");
}

function section(words: Words, type: (typeof EVENT_TYPES)[number], kind: Property, shared: ReadonlySet<string>): string {
  const own = Object.fromEntries(Object.entries(kind.properties ?? {}).filter(([name]) => !shared.has(name)));
  const fields = Object.keys(own).length === 0 ? words.none : table(words.titles, rows(words, own, kind.required ?? []));
  const sample = EVENT_SAMPLES[type];
  const shown = sample === undefined ? "" : `\n\`\`\`json\n${linesOf(sample)}\n\`\`\`\n`;
  return `\n## ${type}\n\n${words.say(kind.description ?? "")}\n\n${fields}${shown}`;
}

/** JSON with a line for each field. */
function linesOf(sample: object): string {
  const lines = Object.entries(sample).map(([name, value]) => `  ${JSON.stringify(name)}: ${spaced(value)}`);
  return `{\n${lines.join(",\n")}\n}`;
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}: ${spaced(inner)}`)
    .join(", ")}}`;
}

function rows(words: Words, properties: Readonly<Record<string, Property>>, required: readonly string[], path = ""): (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const optional = required.includes(name) ? "" : words.optional;
    const about =
      isPerson(property) && property.$id !== undefined
        ? "who did it, or whom it is about"
        : (property.description ?? innermost(property).description ?? "");
    const inside = within(property);
    const list = innermost(property).type === "array" ? "[]" : "";
    return [
      [`\`${path}${name}\``, `${typeOf(words, property)}${optional}`, cell(words.say(about))],
      ...inside.flatMap((object) => rows(words, object.properties ?? {}, object.required ?? [], `${path}${name}${list}.`)),
    ];
  });
}

/** The objects that a field holds, where they are described nowhere else. */
function within(property: Property): readonly Property[] {
  const { items, ...own } = innermost(property);
  const holds = items ?? own;
  if (isPerson(holds)) return [];
  return (holds.anyOf ?? [holds]).filter(({ properties }) => properties !== undefined);
}

/** Without its `or null`. */
function innermost(property: Property): Property {
  const others = property.anyOf?.filter(({ type }) => type !== "null") ?? [];
  return others.length === 1 && others[0] !== undefined ? others[0] : property;
}

function isPerson(property: Property): boolean {
  return innermost(property).$id === "User";
}

function typeOf(words: Words, property: Property): string {
  if (property.$id === "User") return words.personName;
  if (property.const !== undefined) return `\`${JSON.stringify(property.const)}\``;
  if (property.enum !== undefined) return property.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (property.anyOf !== undefined) return [...new Set(property.anyOf.map((one) => typeOf(words, one)))].join(words.or);
  if (property.items !== undefined) return words.list(typeOf(words, property.items));
  return property.type ?? "any";
}
