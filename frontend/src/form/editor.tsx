import { useEffect, useRef, useState } from 'preact/hooks';
import { isStatus } from '../api/problem';
import { type Entity, nameOf, type Row } from '../list/entity';
import { change, create, newest, type Read, restore } from '../list/store';
import { Dialog } from '../ui/dialog';
import { quoted, tell } from '../ui/notices';
import { useUnsaved } from '../ui/unsaved';
import { ConflictView } from './conflict-view';
import { type Draft, draftOf, type Faults, faultsOf, NO_FAULTS, readDraft, takenBy, whyNot } from './draft';
import { Footer } from './footer';
import { halfDates, RowForm } from './form';
import { same } from './merge';
import { type Values, valuesOf } from './values';
import '../style/form.css';

/** Creates a row of an entity, or changes one. The typed text survives every failure; only the person lets it go. */
export function Editor({
  entity,
  read,
  onClose,
}: {
  entity: Entity;
  read: Read | null; // null for a new row
  onClose: (saved?: Row) => void;
}) {
  const { fields, noun } = entity;
  const valuesIn = (row: Row) => valuesOf(fields, row);
  const form = useRef<HTMLFormElement>(null);
  const [base, setBase] = useState(read);
  const [draft, setDraft] = useState<Draft>(() => draftOf(fields, read ? valuesIn(read.row) : undefined));
  const [first] = useState(draft);
  const [faults, setFaults] = useState(NO_FAULTS);
  const [conflict, setConflict] = useState<{ mine: Values; theirs: Read } | null>(null);
  const [saving, setSaving] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const busy = useRef(false);
  const [asking, setAsking] = useState(false);
  const [gone, setGone] = useState(false);
  const saved = useRef(false);
  const dirty = JSON.stringify(draft) !== JSON.stringify(first);
  useUnsaved(dirty, () => setAsking(true));
  // One that does not come now is asked for again when the row is saved, and its absence is told then.
  useEffect(() => void Promise.allSettled(fields.map((field) => field.load?.())), [fields]);

  /** Shows the faults; the form leads to the first of them. */
  const blame = (found: Faults) => {
    setFaults(found);
    setAttempt((n) => n + 1);
  };

  const type = (key: string, text: string) => {
    setDraft((before) => ({ ...before, [key]: text }));
    setFaults((before) => {
      const { [key]: _, ...at } = before.at; // it is told again if it is still there at the next attempt
      return { ...before, at };
    });
  };

  const fail = async (error: unknown, mine: Values, on: Read | null, typed: Draft) => {
    if (on && isStatus(error, 412)) {
      setConflict({ mine, theirs: await newest(entity, on.row.id) });
      return;
    }
    const found = isStatus(error, 422)
      ? await faultsOf(entity, error, typed)
      : isStatus(error, 409) && takenBy(entity, error);
    if (!found) throw error;
    blame(found);
  };

  /** Saves the typed text on top of `on`. One save at a time. */
  const save = async (typed: Draft, on: Read | null) => {
    if (busy.current) return;
    busy.current = true;
    setSaving(true);
    setGone(false);
    setAsking(false);
    try {
      const { values, faults: found } = await readDraft(entity, typed, on?.row ?? null);
      const at = { ...found.at, ...halfDates(form.current) };
      blame({ at });
      if (Object.keys(at).length > 0) return;
      try {
        const row = on ? await change(entity, on, values) : await create(entity, values);
        saved.current = true;
        if (row === on?.row) tell('Nothing was changed');
        else tell(`${on ? 'Saved' : 'Created'} ${quoted(nameOf(entity, row))}`);
        onClose(row);
      } catch (error) {
        await fail(error, values, on, typed);
      }
    } catch (error) {
      if (on && isStatus(error, 404)) setGone(true);
      else setFaults({ at: {}, form: whyNot(error) });
    } finally {
      busy.current = false;
      setSaving(false);
    }
  };

  /** Goes on from the person's decisions, on top of the newest version. */
  const settle = (values: Values, theirs: Read) => {
    const settled = draftOf(fields, values);
    setConflict(null);
    setBase(theirs);
    setDraft(settled);
    void save(settled, theirs);
  };

  const bringBack = async () => {
    if (!base || busy.current) return;
    busy.current = true;
    try {
      const back = await restore(entity, base.row.id);
      // The person sees the changes that were made before the deletion.
      const asRead = same(valuesIn(base.row), valuesIn(back.row));
      busy.current = false;
      void save(draft, asRead ? back : base);
    } catch (error) {
      setFaults({ at: {}, form: whyNot(error) });
    } finally {
      busy.current = false;
    }
  };

  return (
    <Dialog
      title={`${base ? 'Edit' : 'New'} ${noun}`}
      onClose={() => {
        if (!saved.current) onClose();
      }}
      mayClose={() => {
        if (dirty && !asking) setAsking(true);
        return !dirty;
      }}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the buttons inside */}
      <div
        class="editor"
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          if (!conflict) void save(draft, base);
        }}
      >
        {conflict && base ? (
          <ConflictView
            entity={entity}
            base={valuesIn(base.row)}
            mine={conflict.mine}
            theirs={conflict.theirs}
            onSettle={settle}
            onBack={() => setConflict(null)}
          />
        ) : (
          <RowForm
            form={form}
            fields={fields}
            draft={draft}
            faults={faults}
            attempt={attempt}
            onChange={type}
            onSave={() => void save(draft, base)}
          />
        )}
        <Footer
          noun={noun}
          verb={base ? 'Save' : 'Create'}
          saving={saving}
          asking={asking}
          fault={gone ? null : (faults.form ?? null)}
          gone={gone}
          hidden={conflict !== null && !asking}
          onKeep={() => setAsking(false)}
          onDiscard={() => onClose()}
          onRestore={() => void bringBack()}
          onCancel={() => (dirty ? setAsking(true) : onClose())}
        />
      </div>
    </Dialog>
  );
}
