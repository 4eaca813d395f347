// For those who want a room's events.

export {
  type ConnectOptions,
  connect,
  gifts,
  type ReachOptions,
  type ReplayFileOptions,
  type RoomEvents,
  replay,
  resolve,
} from "./app/connect.js";
export type { Evidence, RoomState, RoomStatus } from "./health/state.js";
export type { FoundFacts, Resolved, RoomName, TextAnswer } from "./platform/links/resolve.js";
export type { ListedGift } from "./platform/pages/gift-list.js";

// The vocabulary of events, with its JSON Schemas, words and filters: `dylive/events` has it alone.

export * from "./events.js";

// For those who have bytes of their own: frame → response → messages → events; or a page of the platform.

export { type ReadFrame, readFrame } from "./platform/access/read.js";
export { type Answer, answerOf } from "./platform/links/resolve.js";
export { type Context, type Envelope, normalise } from "./platform/messages/normalise.js";
export { Drift } from "./platform/wire/drift.js";
export { decodeFrame, decodeResponse, encodeAck, type Frame, framePayload, HEARTBEAT } from "./platform/wire/frame.js";
export * as messages from "./platform/wire/gen/index.js";
export { type Decoded, decodePayload, METHODS, type MessageName } from "./platform/wire/methods.js";
export { WireError } from "./platform/wire/reader.js";
export { RecordingReader } from "./platform/wire/recording.js";

// What all of these take and throw.

export { type Clock, systemClock } from "./runtime/clock.js";
export { DyliveError, ERRORS, type ErrorCode, type Fault } from "./runtime/errors.js";
