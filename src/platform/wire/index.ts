export { decodeLazy, decodePayload, type Failed, type FailureCode, peekCommon } from "./decode.js";
export { Drift, type DriftCounts } from "./drift.js";
export { WireError, type WireErrorCode } from "./error.js";
export {
  decodeFrame,
  decodeResponse,
  encodeAck,
  type Frame,
  framePayload,
  HEARTBEAT,
  inflate,
  MAX_INFLATED_BYTES,
  type MessageBatch,
  type WireEnvelope,
} from "./frame.js";
export * as messages from "./gen/index.js";
export { type Decoded, isKnownMethod, KNOWN_METHODS, METHODS, type MessageName, type Method } from "./methods.js";
export { type FieldDrift, type Lazy, Reader } from "./reader.js";
export {
  encodeHeader,
  encodeRecord,
  MAX_RECORD_BYTES,
  type RecordingMeta,
  RecordingReader,
  type RecordingRecord,
  type RecordKind,
} from "./recording.js";
