import type { OnOverview, Part } from './part';
import { product } from './product';

/** A part of the product on the overview, and its code there once it was fetched. */
export interface Card {
  part: Part;
  on?: OnOverview;
}

export const cards: readonly Card[] = product.filter(({ overview }) => overview).map((part) => ({ part }));

/** All parts, with the words that their cards bring for their events. */
export const told = () =>
  product.map((part) => ({ ...part, events: cards.find((card) => card.part === part)?.on?.events }));

/** Fetches the code of all cards. */
export async function fetchCards(): Promise<void> {
  await Promise.all(
    cards.map(async (card) => {
      const on = card.on ?? (await card.part.overview?.());
      if (on) card.on = on;
    }),
  );
}

/** Reads the data of the cards, before they are shown. */
export async function readCards(): Promise<void> {
  await fetchCards();
  await Promise.all(cards.map(({ part, on }) => on?.readFirst(part)));
}
