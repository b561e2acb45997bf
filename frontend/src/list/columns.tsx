import { Time } from '../ui/time';
import type { Row } from './entity';

/** When a row was last changed. */
export const UPDATED = {
  key: 'updated_at',
  text: 'Updated',
  sort: '-updated_at',
  cell: ({ updated_at }: Row) => <Time at={updated_at} />,
} as const;

/** Chooses the deleted rows, which can be restored until they are purged. */
export const DELETED = {
  param: 'deleted',
  label: 'Show',
  all: 'Not deleted',
  options: [['true', 'Deleted']],
  reason: () => 'is deleted',
} as const;

/** The number of a row. */
export const ID = { key: 'id', text: 'ID', sort: '-id', number: true, wide: true } as const;
