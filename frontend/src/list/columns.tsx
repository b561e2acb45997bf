import { Time } from '../ui/time';
import type { Row } from './entity';

/** When a row was last changed. */
export const UPDATED = {
  key: 'updated_at',
  text: 'Updated',
  sort: '-updated_at',
  cell: ({ updated_at }: Row) => <Time at={updated_at} />,
} as const;

/** The number of a row. */
export const ID = { key: 'id', text: 'ID', sort: '-id', number: true, wide: true } as const;
