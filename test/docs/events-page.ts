import { EVENT_TYPES, KINDS, UserSchema } from "../../src/events/event.js";
import { WITHOUT_EVENT } from "../../src/platform/wire/methods.js";
import { EVENT_SAMPLES } from "./event-samples.js";
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

const INTRODUCTION = `# Events

<!-- Written by test/docs/generated.test.ts from the schema in src/events/event.ts; change it there and run the test with -u. -->

Every event that dylive gives out. Over HTTP, in streams and webhooks, in JSONL exports and in the library, events are the same objects.

- \`type\` says which fields there are. New types and new fields may come; passing over what you do not know keeps your program working.
- **Unknown is \`null\`**, never 0 or \`""\`. A field that is marked *optional* is not there where it says nothing.
- **Ids are strings**, also those of 19 digits. **Times are milliseconds UTC.** Text is as people wrote it: treat it as hostile.
- \`seq\` counts from 1 in each room, without holes, in the order of arrival; \`time\` is the platform's and may run back a little.
- \`source\` \`test\` marks a [test event](overlay.md#test-events): somebody asked for it to try overlays and alarms, and nothing happened. Leave it out of what you count.
- \`unknown\`, \`rank\` and \`stats\` are sent only when \`types\` names them (\`types=*\` names all).
`;

/** docs/events.md. */
export function eventsPage(): string {
  const kinds = EVENT_TYPES.map((type) => [type, KINDS[type] as Property] as const);
  const first = (kinds[0]?.[1].properties ?? {}) as Readonly<Record<string, Property>>;
  const shared = Object.entries(first).filter(
    ([name]) => name !== "type" && kinds.every(([, kind]) => kind.properties?.[name] !== undefined),
  );
  const names = new Set(["type", ...shared.map(([name]) => name)]);
  const type: Property = { type: "string", description: "one of the above" };
  const seq: Property = { type: "integer", description: "place in the room's log" };
  return [
    `${INTRODUCTION}\n`,
    table(
      ["type", "what it is"],
      kinds.map(([type, { description = "" }]) => [`[\`${type}\`](#${type})`, cell(description)]),
    ),
    "\n## In every event\n\n",
    table(TITLES, rows(Object.fromEntries([["seq", seq], ["type", type], ...shared]), ["seq", ...(kinds[0]?.[1].required ?? [])])),
    IDS,
    "\n## A person\n\nWherever a person is: `user`, `receiver`, `operator`, in ranks and lists. Fields are null where the platform does not say.\n\n",
    table(TITLES, rows((UserSchema as Property).properties ?? {}, UserSchema.required)),
    ...kinds.map(([type, kind]) => section(type, kind, names)),
    METHODS_WITHOUT_EVENT,
    table(
      ["methods", "why"],
      WITHOUT_EVENT.map(({ why, methods }) => [methods.map((name) => name.replace(/^Webcast/, "")).join(", "), cell(why)]),
    ),
  ].join("");
}

const IDS = `
A message of the platform is its method and its msg_id (\`Common.msg_id\`): what is sent again has the same, and is the same event. So the \`id\` of a chat (\`WebcastChatMessage\`) is that msg_id,
and of every other method it is the msg_id, a colon and the method (\`7624523651580285990:WebcastGiftMessage\`), since two methods may carry one msg_id. Where a message has none, the id of its envelope stands in,
as it does for the five methods that tell a state again and again under one msg_id (RoomDataSync, InRoomBanner, ResidentGuest, CommonDot, LowPcuGuide), but that what RoomDataSync tells has its key and version (\`LotteryInfoSyncData:1775218574999020874:WebcastRoomDataSyncMessage\`); where that is missing too, \`h:\` and a digest of method and payload. Items of the Open Platform's push
have their msg_id as it is. Our own events are \`settle:\`, \`state:\`, \`gap:\` … Whoever looks for what the platform names (\`deletes\` of a notice, ids of its other interfaces) compares with what stands before the colon.
`;

const METHODS_WITHOUT_EVENT = `
## Methods without an event

Every other method that dylive knows has an event of one of the types above. These are \`unknown\` as they came, on purpose; so are the keys of RoomDataSync other than what is pinned, a lottery and who is linked. Each begins with \`Webcast\`.

`;

const TITLES = ["field", "type", "what it is"] as const;

function section(type: (typeof EVENT_TYPES)[number], kind: Property, shared: ReadonlySet<string>): string {
  const own = Object.fromEntries(Object.entries(kind.properties ?? {}).filter(([name]) => !shared.has(name)));
  const fields = Object.keys(own).length === 0 ? "No fields of its own.\n" : table(TITLES, rows(own, kind.required ?? []));
  const sample = EVENT_SAMPLES[type];
  const shown = sample === undefined ? "" : `\n\`\`\`json\n${linesOf(sample)}\n\`\`\`\n`;
  return `\n## ${type}\n\n${kind.description ?? ""}\n\n${fields}${shown}`;
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

function rows(properties: Readonly<Record<string, Property>>, required: readonly string[], path = ""): (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const optional = required.includes(name) ? "" : ", optional";
    const about =
      isPerson(property) && property.$id !== undefined
        ? "who did it, or whom it is about"
        : (property.description ?? innermost(property).description ?? "");
    const inside = within(property);
    const list = innermost(property).type === "array" ? "[]" : "";
    return [
      [`\`${path}${name}\``, `${typeOf(property)}${optional}`, cell(about)],
      ...inside.flatMap((object) => rows(object.properties ?? {}, object.required ?? [], `${path}${name}${list}.`)),
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

function typeOf(property: Property): string {
  if (property.$id === "User") return "[person](#a-person)";
  if (property.const !== undefined) return `\`${JSON.stringify(property.const)}\``;
  if (property.enum !== undefined) return property.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (property.anyOf !== undefined) return [...new Set(property.anyOf.map(typeOf))].join(" or ");
  if (property.items !== undefined) return `list of ${typeOf(property.items)}`;
  return property.type ?? "any";
}
