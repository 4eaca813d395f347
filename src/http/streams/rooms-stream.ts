import type { RoomView } from "../../health/state.js";
import type { TokenRow } from "../../store/tokens.js";
import { roomAnswer } from "../v1/schemas.js";
import type { Goodbye, LiveReader } from "./reader.js";
import type { StatesReader } from "./room-states.js";
import { sseHeartbeat, sseMessage } from "./sse.js";
import type { SseAnswer } from "./sse-answer.js";

/** One client of `/v1/rooms/stream`. */
export class RoomsStream implements LiveReader, StatesReader {
  readonly kind = "rooms";
  readonly token: TokenRow;
  readonly #answer: SseAnswer;
  readonly #mayRead: (view: RoomView) => boolean;

  constructor(answer: SseAnswer, token: TokenRow, mayRead: (view: RoomView) => boolean) {
    this.#answer = answer;
    this.token = token;
    this.#mayRead = mayRead;
  }

  changed(views: readonly RoomView[]): void {
    const text = views.filter(this.#mayRead).map((view) => sseMessage("room", roomAnswer(view)));
    if (text.length > 0) this.#answer.write(text.join(""));
  }

  get queued(): number {
    return this.#answer.outbound.queued;
  }

  get busy(): boolean {
    return this.queued > 0;
  }

  beat(): void {
    this.#answer.write(sseHeartbeat());
  }

  end(why: Goodbye): void {
    this.#answer.end(why);
  }

  destroy(): void {
    this.#answer.destroy();
  }
}
