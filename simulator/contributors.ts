import type { SimulatedPerson } from "./people.js";

/** A viewer's place in the rank of those who gave. */
export interface Contributor {
  readonly person: SimulatedPerson;
  /** Ten times the diamonds of what they gave in this broadcast. */
  readonly score: number;
}

/** Ranking of those who gave in one broadcast, by how much they gave. */
export class Contributors {
  readonly #scores = new Map<string, { readonly person: SimulatedPerson; score: number }>();

  /** Books a gift. */
  add(person: SimulatedPerson, diamonds: number): void {
    const known = this.#scores.get(person.secUid);
    if (known !== undefined) known.score += diamonds * SCORE_PER_DIAMOND;
    else this.#scores.set(person.secUid, { person, score: diamonds * SCORE_PER_DIAMOND });
  }

  /** Returns the first `size`; places that nobody gave for are filled with viewers without a score. */
  top(size: number, viewer: (index: number) => SimulatedPerson): Contributor[] {
    const first = [...this.#scores.values()].sort((a, b) => b.score - a.score).slice(0, size);
    for (let index = 0; first.length < size; index++) {
      const person = viewer(index);
      if (!first.some((each) => each.person.secUid === person.secUid)) first.push({ person, score: 0 });
    }
    return first;
  }
}

const SCORE_PER_DIAMOND = 10;
