import type { LiveEvent } from "../../../src/events/event.js";
import type { components } from "./gen/openapi.js";

// What the API answers, by the types that are generated from /openapi.json.
type Schemas = components["schemas"];

export type { EventType, LiveEvent, LiveEventOf, User } from "../../../src/events/event.js";
export type Room = Schemas["Room"];
export type RoomStatus = NonNullable<Room["status"]>;
export type Evidence = RoomStatus["evidence"];
export type Session = Schemas["Session"];
export type Totals = Schemas["Totals"];
export type MinuteList = Schemas["MinuteList"];
export type Minute = MinuteList["minutes"][number];
export type GiftCatalogue = Schemas["GiftCatalogue"];
export type KnownGift = Schemas["Gift"];
export type GiftSum = Schemas["GiftList"]["gifts"][number];
export type Person = Schemas["PersonList"]["people"][number];
export type Word = Schemas["WordList"]["words"][number];
export type Highlight = Schemas["HighlightList"]["highlights"][number];
/** Files of highlights, as `GET …/highlights` takes them. */
export type HighlightFormat = "chapters" | "edl" | "csv";
export type PersonRooms = Schemas["PersonRooms"];
export type Comparison = Schemas["Comparison"];
export type FoundPerson = Schemas["FoundPeople"]["people"][number];
export type UserHistory = Schemas["UserHistory"];
/** Formats of exports, as `GET /v1/rooms/{room}/export` takes them. */
export const EXPORT_FORMATS = ["csv", "xlsx", "jsonl", "parquet", "xml", "ass", "srt"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
export type Token = Schemas["Token"];
export type Task = Schemas["Task"];
export type Hook = Schemas["Hook"];
export type HookTry = Schemas["HookTry"];
export type Account = Schemas["Account"];
export type About = Schemas["About"];
export type ServerSetting = Schemas["SettingList"]["settings"][number];
/** A work without what is always null, which the client's types leave out. */
export type Work = Omit<Schemas["Work"], "stats"> & { readonly stats: Omit<Schemas["Work"]["stats"], "plays"> };
export type WorkComments = Schemas["WorkComments"];
export type KeptComment = Schemas["KeptComment"];
export type ListRunStatus = Schemas["ListRunStatus"];
export type CommentRunStatus = Schemas["CommentRunStatus"];
export type DownloadStatus = Schemas["DownloadStatus"];
export type WorkFiles = Schemas["WorkFiles"];
export type Sidecar = Schemas["Sidecar"];
export type AuthorWatch = Schemas["AuthorWatch"];
export type WorkPace = Schemas["WorkPace"];
export type MediaVariant = Schemas["MediaVariant"];
export type Finding = Schemas["FindingList"]["findings"][number];

/** A page of events, with the places to go on from. */
export interface EventPage {
  readonly events: readonly LiveEvent[];
  readonly next: string;
  readonly previous: string;
  readonly more: boolean;
}
