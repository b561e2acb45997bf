import { Unsaved } from '../ui/unsaved';

/** The end of the form: saving, its errors, and the question before typed text is let go. */
export function Footer({
  noun,
  verb,
  saving,
  asking,
  fault,
  gone,
  hidden,
  onKeep,
  onDiscard,
  onRestore,
  onCancel,
}: {
  noun: string;
  verb: string;
  saving: boolean;
  asking: boolean;
  fault: string | null;
  gone: boolean;
  hidden: boolean; // while something else asks for a decision
  onKeep: () => void;
  onDiscard: () => void;
  onRestore: () => void;
  onCancel: () => void;
}) {
  if (hidden) return null;
  return (
    <footer class="editor-footer">
      <div role="alert">
        {asking && <Unsaved onKeep={onKeep} onDiscard={onDiscard} />}
        {fault && !asking && <p class="callout bad">{fault}</p>}
        {gone && !asking && (
          <div class="callout bad">
            <p>This {noun} was deleted while you were editing. What you typed is kept here.</p>
            <button type="button" class="secondary" onClick={onRestore}>
              Restore it and save
            </button>
          </div>
        )}
      </div>
      {!asking && (
        <p class="row">
          <button type="submit" form="row-form" aria-disabled={saving}>
            {saving ? 'Saving…' : verb}
          </button>
          <button type="button" class="secondary" onClick={onCancel}>
            Cancel
          </button>
          <small>
            <kbd>{/Mac|iP/.test(navigator.platform) ? '⌘' : 'Ctrl'}</kbd> + <kbd>Enter</kbd> saves
          </small>
        </p>
      )}
    </footer>
  );
}
