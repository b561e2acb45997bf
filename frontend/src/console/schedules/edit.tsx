import { useMutation } from '@tanstack/preact-query';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem, explain } from '../../api/problem';
import { Dialog } from '../../ui/dialog';
import { tell } from '../../ui/notices';
import { Unsaved, useUnsaved } from '../../ui/unsaved';
import type { Schedule } from '../types';
import { changeSchedule } from './change';
import { cronFault, cronWords } from './cron';
import { type Draft, draftOf, FIELDS, patchOf } from './draft';
import { PolicyField, TextField } from './fields';

const MISSED = {
  skip: 'Skip them',
  once: 'Run once to catch up',
  all: 'Run every one',
} as const;
const OVERLAP = {
  skip: 'Skip this run',
  allow: 'Start another in parallel',
} as const;

/** Edits when a schedule runs. Only the changed fields are sent. */
export function EditDialog({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const { name } = schedule;
  const [before] = useState(() => draftOf(schedule));
  const [draft, setDraft] = useState<Draft>(before);
  const [asking, setAsking] = useState(false);
  const dirty = Object.keys(patchOf(before, draft)).length > 0;
  useUnsaved(dirty, () => setAsking(true));
  const form = useRef<HTMLFormElement>(null);
  const save = useMutation({
    mutationFn: () => changeSchedule(name, patchOf(before, draft)),
    onSuccess: () => {
      tell(`${name} changed.`);
      onClose();
    },
  });
  // A field that was changed since it was refused may be right by now.
  const [refused, setRefused] = useState<Draft | null>(null);
  const wrongCron = draft.cron !== null && draft.cron !== before.cron ? cronFault(draft.cron) : null;
  const faults = (field: keyof Draft) => {
    const told =
      save.error instanceof ApiProblem && refused?.[field] === draft[field]
        ? save.error.at(`#/${field}`).map((fault) => fault.detail)
        : [];
    // While an expression is begun, its fields are too few, which is told when it is saved. Nothing may wait for the
    // field to be left: a hint that appears then moves the button under the pointer.
    const wrong = field === 'cron' && wrongCron;
    const whole = refused?.cron === draft.cron || (draft.cron ?? '').trim().split(/\s+/).length >= 5;
    return wrong && whole ? [wrong] : told;
  };
  const elsewhere =
    save.error !== null &&
    !(
      save.error instanceof ApiProblem &&
      FIELDS.some((field) => (save.error as ApiProblem).at(`#/${field}`).length > 0)
    );
  const { error } = save;
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);

  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  return (
    <Dialog
      title={`Edit ${name}`}
      onClose={onClose}
      mayClose={() => {
        if (dirty && !asking) setAsking(true);
        return !dirty;
      }}
    >
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          if (save.isPending) return;
          setAsking(false);
          setRefused(draft);
          if (wrongCron) {
            form.current?.querySelector<HTMLElement>('[name="cron"]')?.focus();
          } else if (dirty) save.mutate();
          else onClose();
        }}
      >
        <TextField
          name="cron"
          label="Cron"
          value={draft.cron}
          onChange={(cron) => set({ cron })}
          faults={faults('cron')}
          hint={`${
            (draft.cron && cronWords(draft.cron)) ||
            'Minute, hour, day of month, month, day of week; or six fields, the second first'
          }. A run needs both its day of month and its day of week to match.`}
        />
        <TextField
          name="time_zone"
          label="Time zone"
          value={draft.time_zone}
          onChange={(time_zone) => set({ time_zone })}
          faults={faults('time_zone')}
          hint="In which the cron expression is read, such as Europe/Berlin."
          choices={Intl.supportedValuesOf('timeZone')}
        />
        <PolicyField
          name="missed_policy"
          label="Runs missed while no worker was up"
          value={draft.missed_policy}
          options={MISSED}
          onChange={(missed_policy) => set({ missed_policy })}
          faults={faults('missed_policy')}
        />
        <PolicyField
          name="overlap_policy"
          label="If the previous run is still going"
          value={draft.overlap_policy}
          options={OVERLAP}
          onChange={(overlap_policy) => set({ overlap_policy })}
          faults={faults('overlap_policy')}
        />
        <div role="alert">
          {asking && <Unsaved onKeep={() => setAsking(false)} onDiscard={onClose} />}
          {elsewhere && !asking && (
            <p class="fault">
              {explain(save.error).title} {explain(save.error).detail}
            </p>
          )}
        </div>
        {!asking && (
          <p class="row">
            <button type="submit" aria-disabled={save.isPending}>
              {save.isPending ? 'Saving…' : 'Save'}
            </button>
            <button type="button" class="secondary" onClick={onClose}>
              Cancel
            </button>
          </p>
        )}
      </form>
    </Dialog>
  );
}
