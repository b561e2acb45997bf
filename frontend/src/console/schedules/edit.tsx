import { useMutation } from '@tanstack/preact-query';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem, explain } from '../../api/problem';
import { Dialog } from '../../ui/dialog';
import { tell } from '../../ui/notices';
import { Unsaved, useUnsaved } from '../../ui/unsaved';
import type { Schedule } from '../types';
import { changeSchedule } from './change';
import { cronWords } from './cron';
import { type Draft, draftOf, FIELDS, patchOf } from './draft';
import { PolicyField, TextField } from './fields';

const MISSED = {
  skip: 'None of them runs.',
  once: 'The newest one stands for all.',
  all: 'Each one runs.',
} as const;
const OVERLAP = {
  skip: 'The time is left out.',
  allow: 'The task runs beside the other run.',
} as const;

/** Edits when a schedule runs. Only what is changed here is sent. */
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
      tell(`${name} is changed.`);
      onClose();
    },
  });
  const faults = (field: keyof Draft) =>
    save.error instanceof ApiProblem ? save.error.at(`#/${field}`).map((fault) => fault.detail) : [];
  const elsewhere = save.error !== null && !FIELDS.some((field) => faults(field).length > 0);
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
          if (dirty) save.mutate();
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
          label="Times at which no worker was there"
          value={draft.missed_policy}
          options={MISSED}
          onChange={(missed_policy) => set({ missed_policy })}
          faults={faults('missed_policy')}
        />
        <PolicyField
          name="overlap_policy"
          label="A time at which the task still runs"
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
