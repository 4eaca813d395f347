/** A fake Douyin on this machine, for tests and the demo. */

export type { ConnectionTruth } from "./connection.js";
export type { PlayedFrame, RoomControl } from "./control.js";
export { type Corpus, type CorpusOptions, corpus } from "./corpus.js";
export type { Fact, GiftFact } from "./fact.js";
export { SIGNED_FIELDS, stubOf } from "./handshake.js";
export type { RefusedHandshake } from "./push.js";
export { demoRooms, type RoomScenario, type Stream } from "./scenario.js";
export { loadSchema, Schema, type SchemaFields as Fields } from "./schema.js";
export { type Mood, readMood } from "./shares.js";
export { type BroadcastTruth, type Simulator, type SimulatorOptions, startSimulator } from "./simulator.js";
export type { ComboTruth, SentTruth } from "./truth.js";
export type { SimulatedComment } from "./works/comments.js";
export type { MediaFile } from "./works/media.js";
export type { WorksRequest } from "./works/site.js";
export type { SimulatedWork, WorkFault } from "./works/work.js";
