import type { Hook } from "../api/model.js";

/** A webhook as the form has it. */
export interface HookFields {
  url: string;
  name: string;
  /** Empty: those that are usual. */
  types: readonly string[];
  filter: string;
  /** Empty: all. */
  rooms: readonly string[];
  maxEvents: number;
  allowPrivate: boolean;
  /** Service that brings a text to people; empty for a program, `auto` for the one that the address tells. */
  channel: ChannelKind | "auto" | "";
  /** What it signs with, or its token; one that is kept is not shown. */
  channelSecret: string;
  channelTo: string;
}

type ChannelKind = NonNullable<Hook["channel"]>["kind"];

/** Services in the order of the list, with `http` for any other. */
export const CHANNELS: readonly ChannelKind[] = [
  ...(["dingtalk", "feishu", "wecom", "serverchan", "bark", "ntfy", "telegram", "discord", "slack", "email", "http"] as const),
];

/** Most events of one request, which is also what a new webhook has. */
export const MAX_EVENTS = 500;

/** A form's fields: of a webhook, or of a new one. */
export function fieldsOf(hook: Hook | null): HookFields {
  return {
    url: hook?.url ?? "",
    name: hook?.name ?? "",
    types: hook?.types ?? [],
    filter: hook?.filter ?? "",
    rooms: hook?.rooms ?? [],
    maxEvents: hook?.maxEvents ?? MAX_EVENTS,
    allowPrivate: hook?.allowPrivate ?? false,
    channel: hook?.channel?.kind ?? "",
    channelSecret: "",
    channelTo: hook?.channel?.to ?? "",
  };
}

/** What the API is sent. The permission to reach private addresses is named only when it changes: admins alone may. */
export function requestOf(fields: HookFields, before: Hook | null) {
  const { url, name, types, filter, rooms, maxEvents, allowPrivate } = fields;
  return {
    // One with a channel is shown without its end: as it is shown it is no address.
    ...(url.trim() !== before?.url && { url: url.trim() }),
    ...channelOf(fields, before),
    ...(name.trim() !== "" && { name: name.trim() }),
    // A new one gets types only where some are given: by default people are sent other ones than programs.
    ...((before !== null || types.length > 0) && { types: [...types] }),
    filter: filter.trim() || null,
    rooms: [...rooms],
    maxEvents,
    ...(allowPrivate !== (before?.allowPrivate ?? false) && { allowPrivate }),
  };
}

/** The channel as the API takes it; a secret that is left empty stays as it is. */
function channelOf({ channel, channelSecret, channelTo, url }: HookFields, before: Hook | null) {
  if (channel === "") return before === null || before.channel === null ? {} : { channel: null };
  const isSame = channel === before?.channel?.kind && channelTo === (before?.channel?.to ?? "") && url.trim() === before?.url;
  if (isSame && channelSecret === "") return {};
  return {
    channel: {
      ...(channel !== "auto" && { kind: channel }),
      ...(channelSecret.trim() !== "" && { secret: channelSecret.trim() }),
      to: channelTo.trim() || null,
    },
  };
}
