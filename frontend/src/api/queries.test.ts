import { QueryObserver } from '@tanstack/preact-query';
import { afterEach, expect, test } from 'vitest';
import { changed, queryClient } from './queries';

afterEach(() => queryClient.clear());

/** Watches a query as a page does. Its reads are answered, in their order, by the test. */
function watch(key: string) {
  const answers: ((value: string) => void)[] = [];
  const observer = new QueryObserver(queryClient, {
    queryKey: [key],
    queryFn: () => new Promise<string>((resolve) => answers.push(resolve)),
  });
  const stop = observer.subscribe(() => {});
  return { answers, data: () => observer.getCurrentResult().data, stop };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test('waits until what is on the page was read again', async () => {
  const { answers, data, stop } = watch('things');
  answers[0]?.('before');
  await settle();
  let over = false;
  void changed('things').then(() => {
    over = true;
  });
  await settle();
  expect([answers.length, over]).toEqual([2, false]);
  answers[1]?.('after');
  await settle();
  expect([data(), over]).toEqual(['after', true]);
  stop();
});

test('what changes during a first read is read after it', async () => {
  const { answers, data, stop } = watch('things');
  void changed('things');
  await settle();
  expect(answers).toHaveLength(1); // which may be of before the change
  answers[0]?.('before');
  await settle();
  answers[1]?.('after');
  await settle();
  expect(data()).toBe('after');
  stop();
});
