import { useStore } from '@nanostores/preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Entity, Files } from '../list/entity';
import { Needs } from '../ui/needs';
import { complain } from '../ui/notices';
import { Choose } from './choose';
import { Mapping } from './mapping';
import {
  columnsOf,
  DELIMITERS,
  type Delimiter,
  ENCODINGS,
  type Encoding,
  guessed,
  inUtf8,
  type Preview,
  previewOf,
  wrongIn,
} from './preview';
import { begin, sending } from './sending';
import { bytes } from './words';

/** How a file is to be read. */
interface Way {
  chosen: Record<string, string>;
  mode: string;
  maxErrors: string;
  dryRun: boolean;
}

const FIRST: Way = { chosen: {}, mode: 'insert', maxErrors: '0', dryRun: true };

/** Chooses a file, shows its first rows and how they will be read, and begins. After an import it keeps its file. */
export function Begin({ entity, files, again }: { entity: Entity; files: Files; again: boolean }) {
  const id = useId();
  const [, navigate] = useLocation();
  const before = useStore(sending);
  const [original, setOriginal] = useState<File | null>(null);
  const [encoding, setEncoding] = useState<Encoding>('utf-8');
  const [file, setFile] = useState<File | null>(null);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [way, setWay] = useState(FIRST);
  const [busy, setBusy] = useState(false);
  const needed = entity.fields.filter(({ required }) => required).map(({ key }) => key);
  const set = (part: Partial<Way>) => setWay((now) => ({ ...now, ...part }));

  const look = async (as: Encoding, chosen: File, delimiter?: Delimiter, to: Partial<Way> = {}) => {
    try {
      const read = await inUtf8(chosen, as);
      const seen = await previewOf(read, delimiter);
      setOriginal(chosen);
      setEncoding(as);
      setFile(read);
      setPreview(seen);
      set({ chosen: guessed(files.columns, entity.named, seen.heads), ...to });
    } catch (error) {
      complain('The file cannot be read', error);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, with the settings of the import before this one
  useEffect(() => {
    if (!again || !before) return;
    const { mode = 'insert', max_errors = '0', delimiter, columns = '{}' } = before.query;
    void look('utf-8', before.file, delimiter as Delimiter | undefined, {
      mode,
      maxErrors: max_errors,
      chosen: JSON.parse(columns),
    });
  }, []);
  const start = () => {
    if (!file || !preview) return;
    const columns = columnsOf(files.columns, preview.heads, way.chosen);
    const query = {
      format: preview.format,
      mode: way.mode,
      max_errors: String(Math.max(0, Math.floor(Number(way.maxErrors)) || 0)),
      ...(preview.format === 'csv' ? { delimiter: preview.delimiter } : {}),
      ...(columns ? { columns } : {}),
      ...(way.dryRun ? { dry_run: 'true' } : {}),
    };
    setBusy(true);
    begin(file, query, preview.format).then(
      (it) => navigate(`/${entity.name}?import=${it.id}`),
      (error: unknown) => {
        setBusy(false);
        complain('The import could not begin', error);
      },
    );
  };

  const wrong = preview ? faultsOf(preview, wrongIn(files.columns, needed, preview.heads, way.chosen)) : [];
  return (
    <>
      <Choose
        label="Drop a CSV or NDJSON file (.gz is fine), or choose one"
        onFile={(chosen) => void look('utf-8', chosen)}
      />
      {file && original && preview && (
        <form
          class="panel import-form"
          onSubmit={(event) => {
            event.preventDefault();
            start();
          }}
        >
          <h2>
            <bdi>{file.name}</bdi> <small class="quiet">{bytes(file.size)}</small>
          </h2>
          {preview.heads.length > 0 && preview.trouble !== 'binary' && (
            <Mapping
              own={files.columns}
              preview={preview}
              chosen={way.chosen}
              onChoose={(head, target) => set({ chosen: { ...way.chosen, [head]: target } })}
            />
          )}
          <div role="alert">
            {wrong.map((fault) => (
              <p key={fault} class="fault">
                {fault}
              </p>
            ))}
          </div>
          <div class="filters">
            <label>
              Encoding
              <select
                value={encoding}
                onChange={(event) => void look(event.currentTarget.value as Encoding, original)}
              >
                {Object.entries(ENCODINGS).map(([name, text]) => (
                  <option key={name} value={name}>
                    {text}
                  </option>
                ))}
              </select>
            </label>
            {preview.format === 'csv' && (
              <label>
                Delimiter
                <select
                  value={preview.delimiter}
                  onChange={(event) => void look(encoding, original, event.currentTarget.value as Delimiter)}
                >
                  {Object.keys(DELIMITERS).map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              </label>
            )}
            <label>
              If {files.key} already exists
              <select value={way.mode} onChange={(event) => set({ mode: event.currentTarget.value })}>
                <option value="insert">reject the row</option>
                <option value="upsert">update that {entity.noun}</option>
              </select>
            </label>
            <label for={`${id}-errors`}>
              Cancel if more rows than this are rejected
              <input
                id={`${id}-errors`}
                type="number"
                min="0"
                value={way.maxErrors}
                onInput={(event) => set({ maxErrors: event.currentTarget.value })}
              />
            </label>
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={way.dryRun}
              onChange={(event) => set({ dryRun: event.currentTarget.checked })}
            />
            Check only: import nothing
          </label>
          <Needs scope="write">
            <button type="submit" disabled={busy || wrong.length > 0}>
              {way.dryRun ? 'Check file' : 'Import'}
            </button>
          </Needs>
        </form>
      )}
    </>
  );
}

/** Why a file cannot be imported as it is going to be read. */
function faultsOf({ heads, trouble }: Preview, mapping: string[]): string[] {
  if (trouble === 'binary')
    return ['This is no text, or text in another encoding. Choose a CSV or NDJSON file.'];
  if (heads.length === 0) return ['There is no row in this file.'];
  if (trouble === 'encoding') return ['This file is not UTF-8. Choose its encoding.', ...mapping];
  return mapping;
}
