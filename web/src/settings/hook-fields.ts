import type { Hook } from "../api/model.js";
import { namesIn } from "./names.js";

/** A webhook as the form has it: texts, as people write them. */
export interface HookFields {
  url: string;
  name: string;
  types: string;
  filter: string;
  rooms: string;
  maxEvents: number | "";
  allowPrivate: boolean;
}

/** A form's fields: of a webhook, or empty. */
export function fieldsOf(hook: Hook | null): HookFields {
  return {
    url: hook?.url ?? "",
    name: hook?.name ?? "",
    types: (hook?.types ?? []).join(","),
    filter: hook?.filter ?? "",
    rooms: (hook?.rooms ?? []).join(","),
    maxEvents: hook?.maxEvents ?? "",
    allowPrivate: hook?.allowPrivate ?? false,
  };
}

/** What the API is sent. The permission to reach private addresses is named only when it changes: admins alone may. */
export function requestOf(fields: HookFields, before: Hook | null) {
  const { url, name, types, filter, rooms, maxEvents, allowPrivate } = fields;
  return {
    url: url.trim(),
    ...(name.trim() !== "" && { name: name.trim() }),
    types: namesIn(types),
    filter: filter.trim() || null,
    rooms: namesIn(rooms),
    ...(maxEvents !== "" && { maxEvents }),
    ...(allowPrivate !== (before?.allowPrivate ?? false) && { allowPrivate }),
  };
}
