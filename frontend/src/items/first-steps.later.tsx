import { useMutation } from '@tanstack/preact-query';
import { Link } from 'wouter-preact';
import type { Named } from '../list/entity';
import { Needs } from '../ui/needs';
import { complain, tell } from '../ui/notices';
import { count } from '../ui/number';

/** The first steps in a platform that has no items yet. */
export function FirstSteps({ of }: { of: Named }) {
  const make = useMutation({
    mutationFn: async () => (await import('./samples.later')).makeSamples(of),
    onSuccess: (made) => tell(`Added ${count(made, 'sample item')}`),
    onError: (error) => complain('The sample items could not be added', error),
  });
  return (
    <section class="panel" aria-labelledby="first-steps">
      <h2 id="first-steps">There are no items yet</h2>
      <p>Add some, and watch below how the worker enriches them, finds duplicates and counts them.</p>
      <div class="row">
        <Needs scope="write">
          <button
            type="button"
            aria-disabled={make.isPending}
            onClick={() => {
              if (!make.isPending) make.mutate();
            }}
          >
            {make.isPending ? 'Adding…' : 'Add sample items'}
          </button>
        </Needs>
        <Link class="button secondary" href="/items?new">
          Create an item
        </Link>
        <a class="button secondary" href="/docs">
          Read the API docs
        </a>
      </div>
    </section>
  );
}
