import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { whenNeeded } from './needed';

let look: (isIntersecting: boolean) => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(tell: (entries: { isIntersecting: boolean }[]) => void) {
        look = (isIntersecting) => tell([{ isIntersecting }]);
      }
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal('requestIdleCallback', undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('waits until the element is seen, and then for a quiet moment', () => {
  const act = vi.fn();
  whenNeeded(document.body, act);
  look(false);
  vi.advanceTimersByTime(60_000);
  expect(act).not.toHaveBeenCalled();
  look(true);
  expect(act).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(act).toHaveBeenCalledOnce();
});

test('asks the browser for the moment where it can, within a bound', () => {
  const idle = vi.fn((act: () => void) => setTimeout(act, 5));
  vi.stubGlobal('requestIdleCallback', idle);
  const act = vi.fn();
  whenNeeded(document.body, act);
  look(true);
  expect(idle).toHaveBeenCalledWith(act, { timeout: 2_000 });
  vi.advanceTimersByTime(5);
  expect(act).toHaveBeenCalledOnce();
});

test('does nothing once told to stop', () => {
  const act = vi.fn();
  const stop = whenNeeded(document.body, act);
  look(true);
  stop();
  vi.advanceTimersByTime(60_000);
  expect(act).not.toHaveBeenCalled();
});
