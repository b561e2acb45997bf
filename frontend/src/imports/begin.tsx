import { useId, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Entity, Files } from '../list/entity';
import { Needs } from '../ui/needs';
import { complain } from '../ui/notices';
import { number } from '../ui/number';
import { Choose } from './choose';
import { Mapping } from './mapping';
import { columnsOf, DELIMITERS, type Delimiter, type Preview, previewOf } from './preview';
import { begin } from './sending';

/** Chooses a file, shows what is in it and how it will be read, and begins. */
export function Begin({ entity, files }: { entity: Entity; files: Files }) {
  const id = useId();
  const [, navigate] = useLocation();
  const [file, setFile] = useState<File | null>(null);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const [mode, setMode] = useState('insert');
  const [maxErrors, setMaxErrors] = useState('0');
  const [dryRun, setDryRun] = useState(true);
  const [busy, setBusy] = useState(false);

  const look = (file: File, delimiter?: Delimiter) => {
    setFile(file);
    previewOf(file, delimiter).then(
      (preview) => {
        setPreview(preview);
        setChosen({});
      },
      (error: unknown) => complain('The file cannot be read', error),
    );
  };
  const start = () => {
    if (!file || !preview) return;
    const columns = columnsOf(files.columns, preview.heads, chosen);
    const query = {
      format: preview.format,
      mode,
      max_errors: String(Math.max(0, Math.floor(Number(maxErrors)) || 0)),
      ...(preview.format === 'csv' ? { delimiter: preview.delimiter } : {}),
      ...(columns ? { columns } : {}),
      ...(dryRun ? { dry_run: 'true' } : {}),
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

  return (
    <>
      <Choose label="Drop a file of CSV or NDJSON here, packed by gzip or not, or choose one" onFile={look} />
      {file && preview && (
        <form
          class="panel import-form"
          onSubmit={(event) => {
            event.preventDefault();
            start();
          }}
        >
          <h2>
            {file.name} <small class="quiet">{number(file.size)} bytes</small>
          </h2>
          {preview.heads.length === 0 ? (
            <p class="fault">There is no row in this file.</p>
          ) : (
            <Mapping
              own={files.columns}
              preview={preview}
              chosen={chosen}
              onChoose={(head, target) => setChosen({ ...chosen, [head]: target })}
            />
          )}
          <div class="filters">
            {preview.format === 'csv' && (
              <label>
                Delimiter
                <select
                  value={preview.delimiter}
                  onChange={(event) => look(file, event.currentTarget.value as Delimiter)}
                >
                  {Object.keys(DELIMITERS).map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              </label>
            )}
            <label>
              Rows whose {files.key} is there
              <select value={mode} onChange={(event) => setMode(event.currentTarget.value)}>
                <option value="insert">are rejected</option>
                <option value="upsert">change that {entity.noun}</option>
              </select>
            </label>
            <label for={`${id}-errors`}>
              Most rejected rows
              <input
                id={`${id}-errors`}
                type="number"
                min="0"
                value={maxErrors}
                onInput={(event) => setMaxErrors(event.currentTarget.value)}
              />
            </label>
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={dryRun}
              onChange={(event) => setDryRun(event.currentTarget.checked)}
            />
            Dry run: only look for faults, and change nothing
          </label>
          <Needs scope="write">
            <button type="submit" disabled={busy || preview.heads.length === 0}>
              {dryRun ? 'Try it' : 'Import'}
            </button>
          </Needs>
        </form>
      )}
    </>
  );
}
