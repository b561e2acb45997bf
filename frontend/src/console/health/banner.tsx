import { useQuery } from '@tanstack/preact-query';
import { Link } from 'wouter-preact';
import { readyQuery } from '../queries';
import { troubles } from './troubles';

/** Tells of the platform's troubles, in a person's words, on every page for as long as they last. */
export function Banner() {
  const { data, error, dataUpdatedAt } = useQuery(readyQuery());
  return (
    <div class="banner" role="status" aria-label="Health of the platform">
      {troubles(data, error, dataUpdatedAt).map((trouble) => (
        <p key={trouble.title}>
          <strong>{trouble.title}</strong> {trouble.detail}{' '}
          {trouble.href && <Link href={trouble.href}>Show its runs</Link>}
        </p>
      ))}
    </div>
  );
}
