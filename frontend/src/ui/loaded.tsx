import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { explain, Unreachable } from '../api/problem';
import { timeOfDay } from './time';

/** The fields of a query that Loaded needs. */
export interface Read<T> {
  data: T | undefined;
  error: unknown;
  isFetching: boolean;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/**
 * Shows the data of a query. Until the first answer, it says so after a moment; a failure is told with some
 * help, above the older data, which stays.
 */
export function Loaded<T>({
  query,
  what,
  children,
}: {
  query: Read<T>;
  what: string; // as in "The runs", the start of a sentence
  children: (data: T) => ComponentChildren;
}) {
  const { data, error } = query;
  if (data === undefined && error) return <Failure what={what} query={query} />;
  if (data === undefined) return <Waiting />;
  return (
    <>
      {error ? <Failure what={what} query={query} /> : null}
      {children(data)}
    </>
  );
}

function Failure<T>({ what, query }: { what: string; query: Read<T> }) {
  const { title, detail, reference } = explain(query.error);
  const read = query.data !== undefined;
  // The banner tells of faults of the API or the network, once for all that waits for it.
  const told = query.error instanceof Unreachable;
  if (told && read) return null;
  return (
    <div class="callout bad" role="status">
      <p>
        <strong>
          {what} could not be loaded{read && ' again'}
          {told ? '' : `: ${title}`}.
        </strong>{' '}
        {!told && detail}
        {read && <> What is shown is from {timeOfDay(query.dataUpdatedAt)}.</>}
        {reference && <small>Reference for the log: {reference}</small>}
      </p>
      <button
        type="button"
        class="secondary"
        disabled={query.isFetching}
        onClick={() => void query.refetch()}
      >
        Try again
      </button>
    </div>
  );
}

/** Appears only if waiting takes long enough to wonder. */
function Waiting() {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p class="waiting" role="status" aria-busy={long}>
      {long ? 'Loading…' : ''}
    </p>
  );
}
