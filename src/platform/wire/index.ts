export { Drift, type DriftCounts } from "./drift.js";
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
export {
  type Decoded,
  decodeLazy,
  decodePayload,
  type Failed,
  type FailureCode,
  isKnownMethod,
  KNOWN_METHODS,
  METHODS,
  type MessageName,
  type Method,
  peekCommon,
} from "./methods.js";
export { type FieldDrift, type Lazy, Reader, WireError, type WireErrorCode } from "./reader.js";
export {
  encodeHeader,
  encodeRecord,
  MAX_RECORD_BYTES,
  type RecordingMeta,
  RecordingReader,
  type RecordingRecord,
  type RecordKind,
} from "./recording.js";
