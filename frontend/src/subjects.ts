import { product } from './product';

/** The part of the product that imports files, if there is one. */
export const importsAt = product.find(({ imports }) => imports)?.name ?? '';

/** The subjects that an event makes stale, by the part of its type before the dot. */
export const subjects: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(product.map(({ name, subjects = [name] }) => [name, subjects])),
  imports: ['imports'],
  runs: ['runs', 'schedules'],
  schedules: ['schedules'],
  workers: ['workers', 'ready'],
};
