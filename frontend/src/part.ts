import type { ComponentType } from 'preact';
import type { Declaration, Named } from './list/entity';

/** A part of the product: an entity with its pages, and with its card on the overview. */
export interface Part extends Named {
  /** Its columns, fields and words, exported by src/<name>/<name>.tsx. */
  entity: () => Promise<Declaration>;
  /** Its place on the overview: src/<name>/overview.tsx. */
  overview?: () => Promise<OnOverview>;
  /** Whether its list imports files. Every page shows the progress of imports. */
  imports?: boolean;
  /** The first requests of that card, sent before any script is there. */
  reads?: readonly string[];
}

/** A part on the overview. */
export interface OnOverview {
  Card: ComponentType<{ of: Named }>;
  /** Reads the data of the card, before it is shown. */
  readFirst(of: Named): Promise<unknown>;
  /** Words for its events besides the usual ones, by the part of their types behind the dot. */
  events?: Readonly<Record<string, string>>;
}
