import { Link } from 'wouter-preact';
import type { ApiProblem } from '../api/problem';

/** An address that the API cannot make sense of, such as one with a cursor of other filters, and `href`, which it can. */
export function BadAddress({ problem, href }: { problem: ApiProblem; href: string }) {
  const faults = problem.problem.errors ?? [];
  return (
    <div class="callout bad" role="alert">
      <div>
        <p>
          <strong>This address asks for something that the list does not have.</strong>{' '}
          {faults.length === 0 && problem.message}
        </p>
        {faults.length > 0 && (
          <ul>
            {faults.map((fault) => (
              <li key={fault.parameter}>
                <code>{fault.parameter}</code> {fault.detail}
              </li>
            ))}
          </ul>
        )}
      </div>
      <Link href={href}>Go to the first page</Link>
    </div>
  );
}
