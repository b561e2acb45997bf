import { product } from './product';

/** The subjects that an event makes stale, by the part of its type before the dot. */
export const subjects: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(product.map(({ name, subjects = [name] }) => [name, subjects])),
  runs: ['runs', 'schedules'],
  schedules: ['schedules'],
  workers: ['workers', 'ready'],
};
