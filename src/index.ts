// For those who want a room's events.
export { type Clock, systemClock } from "./clock.js";
export {
  type ConnectOptions,
  connect,
  type ReachOptions,
  type ReplayFileOptions,
  type RoomEvents,
  replay,
  resolve,
} from "./connect.js";
export { DyliveError, ERRORS, type ErrorCode, type Fault } from "./errors.js";
export { describe } from "./events/describe.js";
// The vocabulary, with its JSON Schemas.
export {
  EVENT_TYPES,
  type EventType,
  KINDS,
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
export { platformId } from "./events/message-id.js";
// For those who have bytes of their own: frame → response → messages → events.
export { type Context, type Envelope, normalise } from "./events/normalise.js";
export type { Answer, FoundFacts, Resolved, RoomName, TextAnswer } from "./rooms/resolve.js";
export { answerOf } from "./rooms/resolve.js";
export type { Evidence, RoomState, RoomStatus } from "./rooms/state.js";
export { type ReadFrame, readFrame } from "./sources/read.js";
export {
  type Decoded,
  Drift,
  decodeFrame,
  decodePayload,
  decodeResponse,
  encodeAck,
  type Frame,
  framePayload,
  HEARTBEAT,
  METHODS,
  type MessageName,
  messages,
  RecordingReader,
  WireError,
} from "./wire/index.js";
