import { type InjectionKey, inject, type ShallowRef, shallowRef } from "vue";
import type { Token } from "./api/model.js";

/** What the page's token may do, so that nothing is offered that would be refused. Nothing until the server has answered. */
export interface May {
  /** Whether the server has answered. */
  readonly known: boolean;
  /** Rooms, webhooks, works and their files. */
  readonly manage: boolean;
  /** Everything else: tokens, accounts, what is kept, the server itself. */
  readonly admin: boolean;
  /** What belongs to no room, or to all: works, accounts. A token that is limited to some rooms may not. */
  readonly all: boolean;
}

/** @param token null: it is not known yet */
export function mayOf(token: Pick<Token, "scope" | "rooms"> | null): May {
  if (token === null) return { known: false, manage: false, admin: false, all: false };
  return { known: true, manage: token.scope !== "read", admin: token.scope === "admin", all: token.rooms.length === 0 };
}

export const MAY: InjectionKey<Readonly<ShallowRef<May>>> = Symbol("may");

/** What the page's token may do. */
export function useMay(): Readonly<ShallowRef<May>> {
  return inject(MAY) ?? shallowRef(mayOf(null));
}
