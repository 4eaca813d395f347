// The events alone: for programs that receive them from a server of dylive, in browsers too. Nothing here reaches anything.

export { describe, platformId } from "./events/describe.js";
export {
  EVENT_TYPES,
  type EventType,
  type LiveEvent,
  type LiveEventOf,
  type NewEvent,
  type NewEventOf,
  type RankEntry,
  type Score,
  type Segment,
  type User,
  UserSchema,
  type UsualType,
} from "./events/event.js";
export { compile as compileFilter, FilterError, type Predicate } from "./events/filter.js";
export { EVENT_SCHEMAS, type EventSchema, LiveEventSchema } from "./events/schemas.js";
