import { useRef, useState } from 'preact/hooks';
import type { Item } from '../api/client';
import { Dialog } from '../ui/dialog';
import { tell } from '../ui/notices';
import { useUnsaved } from '../ui/unsaved';
import { type Fields, fieldsOf } from './conflict';
import { ConflictView } from './conflict-view';
import { type Draft, draftOf, EMPTY, type Faults, faultsOf, readDraft } from './draft';
import { Footer } from './editor-footer';
import { hasHalfDate, ItemForm } from './form';
import { same } from './merge';
import { change, create, isStatus, newest, type Read, restore, whyNot } from './save';
import '../style/items.css';

/** Creates an item, or changes one. What was typed survives every failure; only the person lets it go. */
export function Editor({
  read,
  onClose,
}: {
  read: Read | null; // null for a new item
  onClose: (saved?: Item) => void;
}) {
  const form = useRef<HTMLFormElement>(null);
  const [base, setBase] = useState(read);
  const [draft, setDraft] = useState<Draft>(read ? draftOf(fieldsOf(read.item)) : EMPTY);
  const [first] = useState(draft);
  const [faults, setFaults] = useState<Faults>({});
  const [conflict, setConflict] = useState<{ mine: Fields; theirs: Read } | null>(null);
  const [saving, setSaving] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const busy = useRef(false);
  const [asking, setAsking] = useState(false);
  const [gone, setGone] = useState(false);
  const saved = useRef(false);
  const dirty = JSON.stringify(draft) !== JSON.stringify(first);
  useUnsaved(dirty, () => setAsking(true));

  /** Tells what is wrong; the form leads to the first of it. */
  const blame = (found: Faults) => {
    setFaults(found);
    setAttempt((n) => n + 1);
  };

  const type = (typed: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...typed }));
    setFaults((before) => {
      const left = { ...before };
      for (const name of ['name', 'description', 'attributes', 'expires'] as const) {
        if (name in typed) delete left[name]; // it is told again if it is still there at the next attempt
      }
      return left;
    });
  };

  const fail = async (error: unknown, fields: Fields, on: Read | null, typed: Draft) => {
    if (on && isStatus(error, 412)) setConflict({ mine: fields, theirs: await newest(on.item.id) });
    else if (isStatus(error, 422)) blame(await faultsOf(error, typed));
    else throw error;
  };

  /** Saves what was typed on top of `on`. One save at a time. */
  const save = async (typed: Draft, on: Read | null) => {
    if (busy.current) return;
    busy.current = true;
    setSaving(true);
    setGone(false);
    setAsking(false);
    try {
      const { fields, faults: found } = await readDraft(typed, on?.item ?? null);
      if (hasHalfDate(form.current)) found.expires = 'The date or the time is not complete.';
      blame(found);
      if (Object.keys(found).length > 0) return;
      try {
        const item = on ? await change(on, fields) : await create(fields);
        saved.current = true;
        if (item === on?.item) tell('There was nothing to save');
        else tell(on ? `Saved “${item.name}”` : `Created “${item.name}”`);
        onClose(item);
      } catch (error) {
        await fail(error, fields, on, typed);
      }
    } catch (error) {
      if (on && isStatus(error, 404)) setGone(true);
      else setFaults({ form: whyNot(error) });
    } finally {
      busy.current = false;
      setSaving(false);
    }
  };

  /** Goes on from what was decided, on top of the newest version. */
  const settle = (fields: Fields, theirs: Read) => {
    const settled = draftOf(fields);
    setConflict(null);
    setBase(theirs);
    setDraft(settled);
    void save(settled, theirs);
  };

  const bringBack = async () => {
    if (!base || busy.current) return;
    busy.current = true;
    try {
      const back = await restore(base.item.id);
      // What was changed before it was deleted is for the person to see.
      const asRead = same(fieldsOf(base.item), fieldsOf(back.item));
      busy.current = false;
      void save(draft, asRead ? back : base);
    } catch (error) {
      setFaults({ form: whyNot(error) });
    } finally {
      busy.current = false;
    }
  };

  return (
    <Dialog
      title={base ? 'Edit item' : 'New item'}
      onClose={() => {
        if (!saved.current) onClose();
      }}
      mayClose={() => {
        if (dirty && !asking) setAsking(true);
        return !dirty;
      }}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for what the buttons inside do */}
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
            base={fieldsOf(base.item)}
            mine={conflict.mine}
            theirs={conflict.theirs}
            onSettle={settle}
            onBack={() => setConflict(null)}
          />
        ) : (
          <ItemForm
            form={form}
            draft={draft}
            faults={faults}
            attempt={attempt}
            onChange={type}
            onSave={() => void save(draft, base)}
          />
        )}
        <Footer
          verb={base ? 'Save' : 'Create'}
          saving={saving}
          asking={asking}
          fault={gone ? null : (faults.form ?? null)}
          gone={gone}
          hidden={conflict !== null && !asking}
          onKeep={() => setAsking(false)}
          onDiscard={() => onClose()}
          onRestore={() => void bringBack()}
        />
      </div>
    </Dialog>
  );
}
